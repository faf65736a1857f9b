package dev.cortex.sim;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Priority;
import dev.cortex.event.RefusedException;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One history of a cluster: nodes that own shards over one store, producers that publish through any of them, and
 * freezes, cuts, kills, losses and store failures in between. Then quiet, and the reckoning.
 */
final class OwnershipSimulation {

  private static final int SHARDS = 8;
  private static final int TURNS_MAX = 2_000_000;
  private static final long SECOND_US = 1_000_000;
  private static final long TROUBLE_US = 20 * SECOND_US;
  private static final long QUIET_US = 20 * SECOND_US;
  private static final long STILL_US = 8 * SECOND_US;
  private static final long ANSWER_US = 1_500_000;
  /** What an owner may not know: as long as it may go without a look, and a little for the way. */
  private static final long STALE_US = 3_100_000;
  private static final String[] ORGS = {"acme", "bell", "core", "dune", "echo"};

  private final Schedule schedule;
  private final Random random;
  private final MemoryLog store;
  private final ShardMap shardMap = new ShardMap(SHARDS, false);
  private final Map<String, ClusterNode> nodes = new TreeMap<>();
  private final Map<String, Integer> sides = new HashMap<>();
  private final Map<String, Outcome> accepted = new HashMap<>();
  private final Map<String, List<Long>> committedUs = new HashMap<>();
  private final Set<String> published = new HashSet<>();
  private boolean lossy;
  private int names;
  private int isolations;
  private int answeredHeads;

  OwnershipSimulation(long seed) {
    this.schedule = new Schedule(seed);
    this.random = schedule.random();
    this.store = new MemoryLog(schedule, 1 + random.nextInt(3));
    for (int i = 0; i < 2 + random.nextInt(3); i++) {
      start();
    }
  }

  /** Plays the history and checks what must hold in it and after it. */
  void play() {
    watch();
    schedule.runFor(5 * SECOND_US, TURNS_MAX);
    require(owners().size() == SHARDS, "after a start in peace every shard has an owner, but " + owners());
    lossy = true;
    store.failing(random.nextInt(3) * 5);
    for (int i = 0; i < 4 + random.nextInt(12); i++) {
      schedule.after(random.nextLong(TROUBLE_US), this::trouble);
    }
    for (int i = 0; i < 150; i++) {
      schedule.after(random.nextLong(TROUBLE_US + 5 * SECOND_US), this::publish);
    }
    schedule.runFor(TROUBLE_US, TURNS_MAX);
    lossy = false;
    store.failing(0);
    sides.clear();
    nodes.values().forEach(node -> {
      node.storeLost(false);
      node.stuckWrites(false);
      if (node.frozen()) {
        node.thaw(random.nextBoolean());
      }
    });
    schedule.runFor(QUIET_US, TURNS_MAX);
    Map<Integer, Long> epochs = store.epochs();
    schedule.runFor(STILL_US, TURNS_MAX);
    require(epochs.equals(store.epochs()), "epochs still move: " + epochs + " and then " + store.epochs());
    checkOwners();
    checkEvents();
  }

  /** Cuts a cluster at peace in two for a long time: one side takes over and the duel ends; then both are one again. */
  void playCut() {
    schedule.runFor(5 * SECOND_US, TURNS_MAX);
    List<String> names = List.copyOf(nodes.keySet());
    names.forEach(name -> sides.put(name, random.nextInt(2)));
    sides.put(names.get(0), 0);
    sides.put(names.get(1), 1);
    for (int i = 0; i < 60; i++) {
      schedule.after(random.nextLong(20 * SECOND_US), this::publish);
    }
    Map<Integer, Long> before = store.epochs();
    schedule.runFor(12 * SECOND_US, TURNS_MAX);
    Set<String> winners = winners();
    Map<Integer, Long> epochs = store.epochs();
    epochs.forEach((shard, epoch) -> require(epoch - before.get(shard) <= 5, "a duel for shard " + shard));
    owners().forEach((shard, owner) -> require(owner.size() == 1 && winners.contains(owner.get(0)),
        "shard " + shard + " is with " + owner + ", the winners are " + winners));
    nodes.values().forEach(node ->
        require(node.model.isolated() != winners.contains(node.name), node.name + " is wrong about the cut"));
    schedule.runFor(STILL_US, TURNS_MAX);
    require(epochs.equals(store.epochs()), "epochs still move: " + epochs + " and then " + store.epochs());
    sides.clear();
    schedule.runFor(QUIET_US, TURNS_MAX);
    checkOwners();
    checkEvents();
  }

  private Set<String> winners() {
    List<Set<String>> both = List.of(new TreeSet<>(), new TreeSet<>());
    nodes.keySet().forEach(name -> both.get(sides.get(name)).add(name));
    List<String> first = both.stream().map(side -> side.iterator().next()).sorted().toList();
    int sizes = both.get(0).size() - both.get(1).size();
    int winner = sizes == 0 ? (both.get(0).contains(first.get(0)) ? 0 : 1) : (sizes > 0 ? 0 : 1);
    return both.get(winner);
  }

  int isolations() {
    return isolations;
  }

  int answeredHeads() {
    return answeredHeads;
  }

  // ---- nodes and wires

  private void start() {
    String name = "n" + (char) ('a' + random.nextInt(26)) + names++;
    ClusterNode node = new ClusterNode(
        name, Set.of(name), shardMap, store, schedule, (address, message) -> send(name, address, message));
    nodes.put(name, node);
    detect(node);
    schedule.after(random.nextLong(SECOND_US), () -> node.run(node.model::join));
  }

  private void detect(ClusterNode node) {
    schedule.after(ClusterNode.detectUs(), () -> {
      if (node.dead()) {
        return;
      }
      if (!node.frozen()) {
        Set<String> reached = new TreeSet<>();
        nodes.values().stream().filter(other -> !other.frozen() && reaches(node.name, other.name))
            .forEach(other -> reached.add(other.name));
        node.detect(reached, nodes.keySet());
      }
      detect(node);
    });
  }

  private boolean reaches(String from, String to) {
    return sides.getOrDefault(from, 0).equals(sides.getOrDefault(to, 0));
  }

  private void send(String from, String address, Message message) {
    for (ClusterNode to : nodes.values()) {
      if (Addresses.room(to.name).equals(address) && arrives(from, to.name)) {
        schedule.inLine(from + " to " + to.name, 3_000, () -> to.run(() -> to.model.tell(message)));
      }
    }
  }

  private boolean arrives(String from, String to) {
    return reaches(from, to) && !(lossy && schedule.chance(30));
  }

  /** Asks the room of an org from a node, as its directory has it. */
  private Future<Message> ask(ClusterNode from, String orgId, Message question) {
    ClusterNode to = nodes.get(from.directory.ownerOf(orgId));
    if (to == null) {
      return Future.failedFuture(new RefusedException(ErrorCode.MOVED, "nobody there"));
    }
    Promise<Message> answer = Promise.promise();
    schedule.after(ANSWER_US, () -> answer.tryFail(new RefusedException(ErrorCode.TIMEOUT, "no answer")));
    if (arrives(from.name, to.name)) {
      schedule.inLine(from.name + " to " + to.name, 3_000, () -> to.run(() ->
          to.model.ask(question).onComplete(done -> {
            if (done.succeeded() && done.result() instanceof Head head) {
              checkHead(to, head);
            }
            if (arrives(to.name, from.name)) {
              schedule.inLine(to.name + " to " + from.name, 3_000, () -> {
                if (done.succeeded()) {
                  answer.tryComplete(done.result());
                } else {
                  answer.tryFail(done.cause());
                }
              });
            }
          })));
    }
    return answer.future();
  }

  // ---- what happens

  private void trouble() {
    List<ClusterNode> all = List.copyOf(nodes.values());
    if (all.isEmpty()) {
      return;
    }
    ClusterNode node = all.get(random.nextInt(all.size()));
    switch (random.nextInt(7)) {
      case 0 -> restart(node, false);
      case 1 -> restart(node, true);
      case 2, 3 -> freeze(node);
      case 4 -> cut(all);
      case 5 -> {
        node.storeLost(true);
        schedule.after(random.nextLong(6 * SECOND_US), () -> node.storeLost(false));
      }
      default -> {
        node.stuckWrites(true);
        schedule.after(random.nextLong(6 * SECOND_US), () -> node.stuckWrites(false));
      }
    }
  }

  private void restart(ClusterNode node, boolean gently) {
    if (!gently || node.frozen()) {
      end(node);
    } else {
      node.run(() -> node.model.leave(3_000)
          .compose(left -> node.model.drain()).onComplete(drained -> end(node)));
    }
  }

  private void end(ClusterNode node) {
    node.kill();
    if (nodes.remove(node.name) != null) {
      schedule.after(random.nextLong(3 * SECOND_US), this::start);
    }
  }

  private void freeze(ClusterNode node) {
    node.freeze();
    schedule.after(100_000 + random.nextLong(9 * SECOND_US), () -> {
      if (!node.dead() && node.frozen()) {
        node.thaw(random.nextBoolean());
      }
    });
  }

  private void cut(List<ClusterNode> all) {
    all.forEach(node -> sides.put(node.name, random.nextInt(2)));
    schedule.after(SECOND_US + random.nextLong(12 * SECOND_US), sides::clear);
  }

  private void publish() {
    String org = ORGS[random.nextInt(ORGS.length)];
    List<Draft> batch = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      batch.add(new Draft(
          "e" + published.size(), true, org, "u", "t", "{}".getBytes(StandardCharsets.UTF_8), 1, "", "", 0, "",
          Priority.STANDARD, ""));
      published.add("e" + (published.size()));
    }
    publish(org, batch);
  }

  /** A producer that repeats what was not answered for, through any node, until it was. */
  private void publish(String org, List<Draft> batch) {
    List<ClusterNode> all = List.copyOf(nodes.values());
    if (all.isEmpty()) {
      schedule.after(100_000, () -> publish(org, batch));
      return;
    }
    ask(all.get(random.nextInt(all.size())), org, new Append(org, batch)).onComplete(answer -> {
      List<Draft> again = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        Outcome outcome = answer.succeeded() ? ((Appended) answer.result()).outcomes().get(i) : null;
        if (outcome == null || outcome.status() == Outcome.Status.UNKNOWN) {
          again.add(batch.get(i));
          continue;
        }
        require(outcome.error().isEmpty(), "refused: " + outcome);
        require(id(store.history(org).get((int) outcome.offset() - 1)).equals(batch.get(i).id()),
            "another event is at the place of " + outcome);
        require(accepted.put(batch.get(i).id(), outcome) == null, "answered twice: " + outcome);
      }
      if (!again.isEmpty()) {
        schedule.after(20_000 + random.nextLong(80_000), () -> publish(org, again));
      }
    });
  }

  /** Asks for heads all the time, and notes when events were committed and who is isolated. */
  private void watch() {
    schedule.after(100_000, () -> {
      for (String org : ORGS) {
        List<Long> times = committedUs.computeIfAbsent(org, o -> new ArrayList<>());
        while (times.size() < store.history(org).size()) {
          times.add(nowUs());
        }
      }
      isolations += nodes.values().stream().anyMatch(node -> node.model.isolated()) ? 1 : 0;
      ClusterNode node = nodes.isEmpty() ? null : List.copyOf(nodes.values()).get(random.nextInt(nodes.size()));
      if (node != null && !node.frozen()) {
        String org = ORGS[random.nextInt(ORGS.length)];
        ask(node, org, new AskHead(org));
      }
      watch();
    });
  }

  private long nowUs() {
    return schedule.monotonicNs() / 1_000;
  }

  // ---- the reckoning

  private void checkHead(ClusterNode node, Head head) {
    answeredHeads++;
    List<Long> times = committedUs.getOrDefault(head.orgId(), List.of());
    int known = 0;
    while (known < times.size() && times.get(known) < nowUs() - STALE_US) {
      known++;
    }
    require(head.position().offset() >= known,
        node.name + " said that " + head.orgId() + " ends at " + head.position().offset() + ", " + known
            + " events had been there for long");
  }

  private Map<Integer, List<String>> owners() {
    Map<Integer, List<String>> owners = new TreeMap<>();
    nodes.values().forEach(node -> node.model.epochs().keySet()
        .forEach(shard -> owners.computeIfAbsent(shard, s -> new ArrayList<>()).add(node.name)));
    return owners;
  }

  private void checkOwners() {
    Map<Integer, List<String>> owners = owners();
    for (int shard = 0; shard < SHARDS; shard++) {
      String chosen = ShardMap.choose(shard, nodes.keySet());
      require(owners.getOrDefault(shard, List.of()).equals(List.of(chosen)),
          "shard " + shard + " of " + nodes.keySet() + " is to be with " + chosen + ", but " + owners);
      require(nodes.get(chosen).model.epochs().get(shard).equals(store.epochs().get(shard)), "an old epoch");
      for (ClusterNode node : nodes.values()) {
        require(node.directory.view().owner(shard).equals(chosen),
            node.name + " looks for shard " + shard + " at " + node.directory.view().owner(shard));
      }
    }
  }

  private void checkEvents() {
    List<String> stored = new ArrayList<>();
    for (String org : ORGS) {
      store.history(org).forEach(event -> stored.add(id(event)));
    }
    require(stored.size() == published.size() && accepted.keySet().equals(new HashSet<>(stored)),
        published.size() + " events published, " + accepted.size() + " accepted, " + stored.size() + " in the log");
  }

  private static String id(StoredEvent event) {
    String text = new String(event.json(), StandardCharsets.ISO_8859_1);
    int begin = text.indexOf("\"id\":\"") + 6;
    return text.substring(begin, text.indexOf('"', begin));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
