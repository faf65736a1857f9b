package dev.cortex.boot;

import com.hazelcast.cluster.InitialMembershipEvent;
import com.hazelcast.cluster.InitialMembershipListener;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import dev.cortex.bus.Members;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The live nodes by their names on the bus, as Hazelcast reports its members. */
final class LiveMembers implements InitialMembershipListener, Members {

  private static final Logger LOG = LoggerFactory.getLogger(LiveMembers.class);

  /** The attribute in which the cluster manager tells a node's name; it is drawn once and outlives a merge. */
  private static final String NAME = "__vertx.nodeId";

  private final List<Consumer<Set<String>>> listeners = new CopyOnWriteArrayList<>();
  private volatile Set<String> live = Set.of();

  @Override
  public Set<String> live() {
    return live;
  }

  @Override
  public void onChange(Consumer<Set<String>> listener) {
    listeners.add(listener);
  }

  @Override
  public void init(InitialMembershipEvent event) {
    replace(event.getMembers());
  }

  @Override
  public void memberAdded(MembershipEvent event) {
    LOG.info("member=" + nameOf(event.getMember()) + " address=" + event.getMember().getAddress() + " joined");
    replace(event.getMembers());
  }

  @Override
  public void memberRemoved(MembershipEvent event) {
    LOG.warn("member=" + nameOf(event.getMember()) + " address=" + event.getMember().getAddress() + " is gone");
    replace(event.getMembers());
  }

  /** Takes these members as the live ones and tells whoever listens if that is news. */
  synchronized void replace(Collection<Member> members) {
    Set<String> names = new TreeSet<>();
    for (Member member : members) {
      String name = nameOf(member);
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    if (!names.equals(live)) {
      Set<String> next = Set.copyOf(names);
      live = next;
      listeners.forEach(listener -> listener.accept(next));
    }
  }

  private static String nameOf(Member member) {
    String name = member.getAttribute(NAME);
    return name == null ? "" : name;
  }
}
