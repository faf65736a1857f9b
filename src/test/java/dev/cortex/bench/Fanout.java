package dev.cortex.bench;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleSupplier;

/** One org, many plain WebSocket connections, one publisher: how fast events reach all of them, once and in order. */
final class Fanout implements AutoCloseable {

  /** One way to publish for a while. */
  private interface Run {
    Publisher.Published publish() throws IOException;
  }

  private static final String ORG = "bench";
  private static final long OPEN_MS = 30_000;
  private static final long ARRIVE_MS = 15_000;
  private static final long WARM_MS = 2_000;
  private static final double P99_LIMIT_MS = 250;
  private static final double FIRST_RATE = 200_000;
  private static final double GROWTH = 1.6;
  private static final int STEPS_UP = 10;
  private static final int STEPS_DOWN = 4;
  private static final int STEPS_BETWEEN = 2;
  private static final int STEP_MS = 2_500;

  private final int connections;
  private final int payloadBytes;
  private final Subscribers subscribers;
  private final Publisher publisher;
  private final DoubleSupplier cpuUs;
  private long counted;

  /**
   * Waits until the connections are open.
   *
   * @param cpuUs processor time of the servers so far, in microseconds
   */
  Fanout(Subscribers subscribers, Publisher publisher, DoubleSupplier cpuUs, int payloadBytes)
      throws IOException, InterruptedException, TimeoutException {
    this.connections = subscribers.wanted();
    this.payloadBytes = payloadBytes;
    this.subscribers = subscribers;
    this.publisher = publisher;
    this.cpuUs = cpuUs;
    subscribers.awaitOpen(OPEN_MS);
  }

  /** Opens the connections to a desktop server. */
  static Fanout open(Target target, int connections, int payloadBytes)
      throws IOException, InterruptedException, TimeoutException {
    var subscribers = new Subscribers(target.address(), "/ws?org=" + ORG, connections);
    var publisher = new Publisher(target.address(), Entry.open("/api/events"), ORG, payloadBytes);
    return new Fanout(subscribers, publisher, target::cpuUs, payloadBytes);
  }

  /** A fixed rate, in deliveries a second over all connections; batches fall due every 10 ms. */
  Row atRate(double deliveriesPerSecond, long durationMs) throws IOException, InterruptedException {
    warm();
    return step("fanout", deliveriesPerSecond, 10_000, durationMs);
  }

  /** Single events, 100 a second. */
  Row quiet(long durationMs) throws IOException, InterruptedException {
    publisher.atRate(100, 10_000, WARM_MS);
    return step("quiet", 100.0 * connections, 10_000, durationMs);
  }

  /** Single events, that many a second; for rates that are measured again and again, and so without a warm-up. */
  Row steady(double eventsPerSecond, long durationMs) throws IOException, InterruptedException {
    var load = String.format(Locale.ROOT, "%d conns, %.0f events/s, %d B", connections, eventsPerSecond, payloadBytes);
    return measure("quiet", load, () -> publisher.atRate(eventsPerSecond, 10_000, durationMs));
  }

  /** Lets the connections be while others are measured. */
  void rest(boolean resting) {
    subscribers.rest(resting);
  }

  /** As fast as the server takes it with this many batches on their way at once. */
  Row closed(int batch, int inFlight, long durationMs) throws IOException, InterruptedException {
    publisher.inFlight(batch, inFlight, Math.min(WARM_MS, durationMs), this::arrived);
    var load = connections + " conns, " + inFlight + " x " + batch + " in flight, " + payloadBytes + " B";
    return measure("fanout", load, () -> publisher.inFlight(batch, inFlight, durationMs, this::arrived));
  }

  /** The highest rate whose p99 stays under 250 ms: steps until one fails, then between the last two. */
  Row highest() throws IOException, InterruptedException {
    warm();
    var good = FIRST_RATE;
    var best = step("fanout", good, 10_000, STEP_MS);
    var bad = Double.NaN;
    for (var i = 0; i < STEPS_DOWN && !holds(best, good); i++) {
      bad = good;
      good /= 2;
      best = step("fanout", good, 10_000, STEP_MS);
    }
    if (!holds(best, good)) {
      return best.with("no rate tried keeps p99 under 250 ms", subscribers.seen().wrong());
    }
    var between = 0;
    for (var i = 0; i < STEPS_UP && between < STEPS_BETWEEN; i++) {
      between += Double.isNaN(bad) ? 0 : 1;
      var rate = Double.isNaN(bad) ? good * GROWTH : Math.sqrt(good * bad);
      var tried = step("fanout", rate, 10_000, STEP_MS);
      if (holds(tried, rate)) {
        best = tried;
        good = rate;
      } else {
        bad = rate;
      }
    }
    return best.with("highest rate with p99 < 250 ms", subscribers.seen().wrong());
  }

  private static boolean holds(Row row, double rate) {
    return row.note().isEmpty() && row.percentileMs(99) < P99_LIMIT_MS && row.deliveriesPerSecond() > 0.9 * rate;
  }

  private Row step(String scenario, double deliveriesPerSecond, long tickUs, long durationMs)
      throws IOException, InterruptedException {
    var load =
        String.format(Locale.ROOT, "%d conns, %,.0f/s, %d B", connections, deliveriesPerSecond, payloadBytes);
    return measure(scenario, load, () -> publisher.atRate(deliveriesPerSecond / connections, tickUs, durationMs));
  }

  private Row measure(String scenario, String load, Run run) throws IOException, InterruptedException {
    settle();
    var before = subscribers.delivered();
    var cpuBefore = cpuUs.getAsDouble();
    subscribers.forgetLatencies();
    var began = Ticks.nowUs();
    var published = run.publish();
    var note = new StringBuilder(settle());
    var seconds = (Ticks.nowUs() - began) / 1e6;
    var deliveries = subscribers.delivered() - before;
    var cpuEach = (cpuUs.getAsDouble() - cpuBefore) / Math.max(1, deliveries);
    var seen = subscribers.seen();
    var wrong = seen.wrong() - counted;
    counted = seen.wrong();
    if (published.overrun()) {
      note.append(" publisher overran;");
    }
    if (wrong > 0 && !seen.firstFault().isEmpty()) {
      note.append(" first fault: ").append(seen.firstFault());
    }
    var faults = wrong + published.refused() + Math.abs(published.events() * connections - deliveries);
    return new Row(scenario, load, published.accepted() / seconds, deliveries / seconds, cpuEach, seen.latencyUs(),
        faults, note.toString().strip());
  }

  /** Publishes as fast as it goes for a while, unmeasured. */
  void warm() throws IOException, InterruptedException {
    publisher.inFlight(10, 4, WARM_MS, this::arrived);
  }

  private long arrived() {
    return subscribers.delivered() / connections;
  }

  /** Waits until all that was sent arrived; otherwise says what is missing. */
  private String settle() throws IOException, InterruptedException {
    try {
      subscribers.awaitDelivered(publisher.sent() * connections, ARRIVE_MS);
      return "";
    } catch (TimeoutException e) {
      return e.getMessage() + ";";
    }
  }

  @Override
  public void close() throws IOException {
    publisher.close();
    subscribers.close();
  }
}
