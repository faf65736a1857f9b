package dev.cortex.chaos.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/** The fault test of a cluster as a command: progress on standard error, the result on standard output. */
public final class Chaos {

  private Chaos() {}

  /** Runs until everything asked for was done; exit code 0 when every promise was kept, 1 when not, 2 when misused. */
  public static void main(String[] args) throws Exception {
    ChaosRequest request;
    try {
      request = ChaosRequest.parse(List.of(args));
    } catch (IllegalArgumentException e) {
      System.err.println("tools/chaos: " + e.getMessage() + "; --help says what there is");
      System.exit(2);
      return;
    }
    System.exit(run(request) ? 0 : 1);
  }

  private static boolean run(ChaosRequest request) throws Exception {
    String missing = Cut.missing();
    Path folder = Files.createTempDirectory("cortex-chaos-");
    folder.toFile().setExecutable(true, false);
    folder.toFile().setReadable(true, false);
    AtomicReference<Trial> running = new AtomicReference<>();
    Thread stop = new Thread(() -> stopped(running.getAndSet(null), folder, request.keep()), "stop");
    Runtime.getRuntime().addShutdownHook(stop);
    Trial.say("seed " + request.seed() + ", folder " + folder);
    boolean good = false;
    try {
      Trial trial = new Trial(request, folder, missing.isEmpty());
      running.set(trial);
      String broken = act(request, trial, missing);
      Judge.Verdict verdict = trial.finish();
      if (running.get() == null) {
        return false; // stopped meanwhile: what was judged is not the whole
      }
      System.out.println("seed " + request.seed());
      System.out.print(trial.report().text(verdict));
      good = verdict.good() && broken.isEmpty();
      System.out.println(good ? "every promise was kept" : "NOT kept " + broken);
      System.out.flush();
    } finally {
      close(running.getAndSet(null));
      if (good && !request.keep()) {
        delete(folder);
      } else if (Files.exists(folder)) {
        Trial.say("kept: " + folder);
      }
    }
    return good;
  }

  /** Gives what made it end early; empty when nothing did. */
  private static String act(ChaosRequest request, Trial trial, String missing) throws InterruptedException {
    try {
      if (request.kind() == ChaosRequest.Kind.ROLLING) {
        for (int round = 1; round <= request.rounds(); round++) {
          Trial.say("round " + round);
          trial.roll();
        }
      } else {
        for (Fault fault : deck(request, missing)) {
          trial.inflict(fault);
        }
      }
      return "";
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | AssertionError e) {
      Trial.say("GIVEN UP: " + e);
      return String.valueOf(e.getMessage());
    }
  }

  /** Kinds in equal parts, shuffled; the database's crash comes once for every three of its restarts. */
  private static List<Fault> deck(ChaosRequest request, String missing) {
    Set<Fault> kinds = EnumSet.allOf(Fault.class);
    if (!request.kinds().isEmpty()) {
      kinds.clear();
      request.kinds().forEach(word -> kinds.add(Fault.of(word)));
    }
    if (!missing.isEmpty() && kinds.remove(Fault.CUT)) {
      Trial.say("SKIPPED: cuts between nodes; " + missing);
    }
    boolean both = kinds.contains(Fault.STORE) && kinds.remove(Fault.STORE_CRASH);
    List<Fault> deck = new ArrayList<>();
    int stores = 0;
    while (deck.size() < request.faults()) {
      for (Fault kind : kinds) {
        boolean crash = both && kind == Fault.STORE && ++stores % 4 == 2;
        deck.add(crash ? Fault.STORE_CRASH : kind);
      }
    }
    List<Fault> cut = new ArrayList<>(deck.subList(0, request.faults()));
    Collections.shuffle(cut, new Random(request.seed()));
    return cut;
  }

  /** When the process ends before its time; a trial that has come to its end is there no more. */
  private static void stopped(Trial trial, Path folder, boolean keep) {
    if (trial != null) {
      close(trial);
      try {
        if (!keep) {
          delete(folder);
        }
      } catch (IOException e) {
        Trial.say("not removed: " + folder + " (" + e.getMessage() + ')');
      }
    }
  }

  private static void close(Trial trial) {
    if (trial != null) {
      Trial.say("stopping everything");
      try {
        trial.close();
      } catch (Exception e) {
        Trial.say("not everything could be stopped: " + e);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
