package dev.cortex.chaos.cluster;

import dev.cortex.testing.process.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** The clients of a run and what they write down. */
final class Crowd {

  private static final Duration END_MAX = Duration.ofSeconds(180);

  private final Path folder;
  private final Tops tops = new Tops();
  private final Diary producers;
  private final List<Diary> diaries = new ArrayList<>();
  private final List<Publisher> publishers = new ArrayList<>();
  private final List<Subscriber> subscribers = new ArrayList<>();

  Crowd(ChaosRequest request, Doors doors, Path folder, Random random) {
    this.folder = folder;
    this.producers = new Diary(folder.resolve("producers.jsonl"));
    for (int i = 0; i < request.producers(); i++) {
      double rate = (double) request.rate() / request.producers();
      publishers.add(new Publisher(i, org(i, request), rate, doors, producers, tops, random.nextLong()));
    }
    for (int i = 0; i < request.subscribers(); i++) {
      Diary diary = new Diary(folder.resolve("s" + i + ".jsonl"));
      diaries.add(diary);
      // every fifth one follows a single agent, if its way knows channels
      String beneath = i % 5 == 4 && Subscriber.wayOf(i) != Subscriber.Way.POLL ? "p" + i % request.producers() : "";
      String org = org(beneath.isEmpty() ? i : i % request.producers(), request);
      subscribers.add(new Subscriber(i, org, beneath, doors, diary, tops, random.nextLong()));
    }
  }

  private static String org(int number, ChaosRequest request) {
    return "org-" + number % request.orgs();
  }

  void start() {
    subscribers.forEach(Subscriber::start);
    publishers.forEach(Publisher::start);
  }

  /** Spreads the clients over the nodes again as at the beginning. */
  void goHome() {
    publishers.forEach(Publisher::goHome);
    subscribers.forEach(Subscriber::goHome);
  }

  Tops tops() {
    return tops;
  }

  /** Complaints until now. */
  long complaints() {
    return producers.complaints() + diaries.stream().mapToLong(Diary::complaints).sum();
  }

  /** Whether every subscriber has everything that was answered before that look. */
  boolean caughtUp() {
    return subscribers.stream().allMatch(Subscriber::arrived);
  }

  /** Clients that are not where they should be, for a report. */
  List<String> behind() {
    return Stream.concat(
            publishers.stream().filter(each -> !each.done()).map(Publisher::toString),
            subscribers.stream().filter(each -> !each.arrived()).map(Subscriber::toString))
        .toList();
  }

  /** Brings everything to its end and judges what was written down. */
  Judge.Verdict finish() throws Exception {
    publishers.forEach(Publisher::finish);
    try {
      Await.until("every producer has its answers", END_MAX, () -> publishers.stream().allMatch(Publisher::done));
      Await.until("every subscriber has everything", END_MAX, this::caughtUp);
    } catch (AssertionError late) {
      behind().forEach(each -> System.err.println("chaos: BEHIND " + each));
    }
    return close();
  }

  /** Closes every client and judges. */
  private Judge.Verdict close() throws IOException, InterruptedException {
    Thread.sleep(1_000); // what comes twice may come late
    subscribers.forEach(Subscriber::end);
    Thread.sleep(500);
    producers.close();
    diaries.forEach(Diary::close);
    return Judge.of(folder);
  }
}
