package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.bus.Message.Standing;
import dev.cortex.bus.Message;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How feeds follow their rooms: ann is the gateway's own node, bob and cid have rooms. */
@Timeout(120)
final class FollowingTest {

  private static final String LOG = "aaaaaaaaaaaaa";

  private record Told(String node, Message message) {}

  private final Schedule schedule = new Schedule(1);
  private final Directory directory = new Directory(new ShardMap(1, false), view("bob", 1));
  private final List<Told> asked = new ArrayList<>();
  private final List<Told> told = new ArrayList<>();
  private Function<Told, Future<? extends Message>> rooms = this::answer;
  private long head = 3;
  private long epoch = 1;
  private final GatewayModel gateway = new GatewayModel(schedule, "gate", directory, new GatewayModel.Wire() {
    @Override
    public Future<? extends Message> ask(String node, Message question) {
      asked.add(new Told(node, question));
      return rooms.apply(new Told(node, question));
    }

    @Override
    public void tell(String node, Message message) {
      told.add(new Told(node, message));
    }
  });

  private static View view(String owner, long epoch, String... live) {
    Node self = new Node("ann", NodeState.READY, "");
    List<String> names = live.length == 0 ? List.of("ann", "bob", "cid") : List.of(live);
    Map<String, Node> nodes = new TreeMap<>();
    names.forEach(name -> nodes.put(name, new Node(name, NodeState.READY, "")));
    return new View(self, nodes, List.of(owner), List.of(epoch));
  }

  private Head head(String org, long offset, long inEpoch) {
    return new Head(org, new Position(LOG, offset), 0, inEpoch);
  }

  private Future<? extends Message> answer(Told question) {
    if (question.message() instanceof Attach attach) {
      return Future.succeededFuture(new Attached(Optional.of(head(attach.orgId(), head, epoch))));
    } else if (question.message() instanceof Read read) {
      return Future.succeededFuture(
          new Page(head(read.channel().orgId(), head, epoch), events(read.after(), head), head));
    }
    Message.Locate locate = (Message.Locate) question.message();
    long after = ((Since.Cursor) locate.since()).position().offset();
    return Future.succeededFuture(new Located(head(locate.channel().orgId(), head, epoch), after, head - after));
  }

  private static List<StoredEvent> events(long after, long through) {
    return LongStream.rangeClosed(after + 1, through).mapToObj(offset -> new StoredEvent(
        offset, "", "", 0, Priority.STANDARD, 1, "{\"orgId\":\"acme\"}".getBytes(StandardCharsets.UTF_8))).toList();
  }

  private static Delivery delivery(String node, long epoch, long after, long through) {
    return new Delivery(node, "acme", LOG, epoch, after, through, events(after, through), 100 * through);
  }

  private GatewayModel.Client listener() {
    GatewayModel.Client client = gateway.connect();
    client.live(Channel.root("acme"));
    schedule.run(1_000);
    return client;
  }

  private static List<Long> offsets(GatewayModel.Client client) {
    return client.received.stream().map(StoredEvent::offset).toList();
  }

  private long attaches(String node) {
    return asked.stream().filter(one -> one.node().equals(node) && one.message() instanceof Attach).count();
  }

  @Test
  void feedAttachesAtTheNewOwnerAndReadsWhatItMissed() {
    GatewayModel.Client client = listener();
    head = 5;
    epoch = 2;
    directory.update(view("cid", 2));
    schedule.run(1_000);
    assertThat(attaches("cid")).isEqualTo(1);
    assertThat(offsets(client)).containsExactly(4L, 5L);
    assertThat(told).contains(new Told("bob", new Detach("gate", "acme")));
    gateway.deliver(delivery("bob", 1, 5, 6));
    gateway.deliver(delivery("cid", 2, 5, 6));
    schedule.run(1_000);
    assertThat(offsets(client)).as("the deposed owner is not believed, nor heard twice").containsExactly(4L, 5L, 6L);
  }

  @Test
  void nothingIsSaidToADeadNodeAndTheNextOwnerIsAskedUntilItHasClaimed() {
    listener();
    rooms = question -> epoch == 1
        ? Future.failedFuture(new RefusedException(ErrorCode.MOVED, "not yet"))
        : answer(question);
    directory.update(view("cid", 1, "ann", "cid"));
    schedule.runFor(1_500_000, 1_000);
    assertThat(attaches("cid")).as("tries while the owner has not claimed").isBetween(1L, 10L);
    epoch = 2;
    directory.update(view("cid", 2, "ann", "cid"));
    schedule.run(1_000);
    assertThat(gateway.moving()).isZero();
    assertThat(told).noneMatch(one -> one.node().equals("bob"));
  }

  @Test
  void lostLastDeliveryIsFoundByTheStanding() {
    GatewayModel.Client client = listener();
    head = 4;
    gateway.standing(new Standing("bob", List.of(head("acme", 4, 1), head("none", 9, 1))));
    schedule.run(1_000);
    assertThat(offsets(client)).containsExactly(4L);
    assertThat(told).contains(new Told("bob", new Detach("gate", "none")));
  }

  @Test
  void deliveryThatIsFasterThanTheAnswerToTheAttachIsNotMissed() {
    rooms = question -> {
      Future<? extends Message> answer = answer(question);
      if (question.message() instanceof Attach) {
        head = 4;
        gateway.deliver(delivery("bob", 1, 3, 4));
      }
      return answer;
    };
    GatewayModel.Client client = listener();
    assertThat(client.cursor("acme").offset()).isEqualTo(4);
  }

  @Test
  void headOfADeposedOwnerDoesNotHideWhatWasHeardOf() {
    GatewayModel.Client client = listener();
    rooms = question -> question.message() instanceof Read && head == 3
        ? Future.succeededFuture(new Page(head("acme", 3, 1), List.of(), 3))
        : answer(question);
    gateway.deliver(new Delivery("cid", "acme", LOG, 2, 4, 5, events(4, 5), 100));
    schedule.runFor(100_000, 1_000);
    assertThat(offsets(client)).isEmpty();
    head = 5;
    epoch = 2;
    schedule.run(1_000);
    assertThat(offsets(client)).containsExactly(4L, 5L);
  }

  @Test
  void totalsAreReportedToTheNodeTheyCameFrom() {
    listener();
    gateway.deliver(delivery("bob", 1, 3, 4));
    schedule.run(1_000);
    head = 5;
    epoch = 2;
    directory.update(view("cid", 2));
    gateway.deliver(delivery("cid", 2, 4, 5));
    schedule.run(1_000);
    assertThat(told).contains(
        new Told("bob", new Covered("gate", 400)), new Told("cid", new Covered("gate", 500)));
    directory.update(view("cid", 2, "ann", "cid"));
    schedule.run(1_000);
    told.clear();
    gateway.deliver(delivery("cid", 2, 5, 6));
    schedule.run(1_000);
    assertThat(told).as("a node that left is forgotten").containsExactly(new Told("cid", new Covered("gate", 600)));
  }

  @Test
  void interestThatWasForgottenIsRenewed() {
    GatewayModel.Client client = listener();
    head = 4; // and nobody tells us
    for (int second = 0; second < 6; second++) {
      schedule.runFor(1_000_000, 1_000);
      gateway.tick();
    }
    schedule.run(1_000);
    assertThat(offsets(client)).containsExactly(4L);
  }

  @Test
  void pollThatComesAgainIsAnsweredFromMemoryAsLongAsItsOwnerStands() {
    Position cursor = new Position(LOG, 3);
    gateway.poll("acme", cursor);
    schedule.run(1_000);
    asked.clear();
    assertThat(gateway.poll("acme", cursor).result().missed()).isZero();
    gateway.deliver(delivery("bob", 1, 3, 4));
    assertThat(gateway.poll("acme", cursor).result().missed()).as("events in the tail").isEqualTo(1);
    assertThat(asked).as("questions").isEmpty();
    assertThat(gateway.knows("acme", new Position(LOG, 4))).isTrue();
    rooms = question -> Future.failedFuture(new RefusedException(ErrorCode.TIMEOUT, "silent"));
    directory.update(view("cid", 1, "ann", "cid"));
    assertThat(gateway.knows("acme", new Position(LOG, 4))).as("known while the owner is another").isFalse();
  }

  @Test
  void pollIsNotAnsweredFromMemoryForEverWhenTheOwnerIsSilent() {
    gateway.poll("acme", new Position(LOG, 3));
    schedule.run(1_000);
    rooms = question -> Future.failedFuture(new RefusedException(ErrorCode.TIMEOUT, "silent"));
    schedule.runFor(25_000_000, 1_000);
    assertThat(gateway.size()).as("feeds that linger").isEqualTo(1);
    assertThat(gateway.knows("acme", new Position(LOG, 3))).isFalse();
  }

  @Test
  void feedThatIsPolledNoMoreGoesAndTheOldestGoWhenThereAreTooMany() {
    for (String org : List.of("acme", "bell", "core")) {
      gateway.poll(org, new Position(LOG, 3));
      schedule.run(1_000);
    }
    assertThat(gateway.size()).as("a bound of 2").isEqualTo(2);
    assertThat(told).contains(new Told("bob", new Detach("gate", "acme")));
    schedule.runFor(91_000_000, 10_000);
    gateway.tick();
    schedule.run(1_000);
    assertThat(gateway.size()).isZero();
  }

  @Test
  void feedsOfADeadNodeMoveABoundedNumberAtATime() {
    List<Promise<Message>> open = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      gateway.connect().live(Channel.root("org" + i));
    }
    schedule.run(10_000);
    epoch = 2;
    rooms = question -> {
      Promise<Message> answer = Promise.promise();
      open.add(answer);
      return answer.future();
    };
    asked.clear();
    directory.update(view("cid", 2, "ann", "cid"));
    schedule.run(10_000);
    assertThat(attaches("cid")).isEqualTo(Moves.IN_FLIGHT_MAX);
    for (int i = 0; i < open.size(); i++) {
      open.get(i).complete(answer(asked.get(i)).result());
    }
    schedule.run(10_000);
    assertThat(attaches("cid")).isEqualTo(500);
    assertThat(gateway.moving()).isZero();
  }
}
