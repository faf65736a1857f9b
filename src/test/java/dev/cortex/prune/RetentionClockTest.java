package dev.cortex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
final class RetentionClockTest {

  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;
  private static final long YEAR = 365 * DAY;
  private static final long NOON = 1_764_000_000_000L;

  /** A machine whose wall and monotonic clock a test moves apart. */
  private static final class Machine {
    private long wallMs = NOON;
    private long monotonicNs = Long.MAX_VALUE - 3 * HOUR * 1_000_000;
    private RetentionClock clock;

    Machine boot(long notedMs) {
      clock = new RetentionClock(notedMs, DAY, wallMs, monotonicNs);
      return this;
    }

    /** Lets time pass, reading once a minute. */
    Machine run(long ms) {
      for (long done = 0; done < ms; done += MINUTE) {
        tick(Math.min(MINUTE, ms - done));
        now();
      }
      return this;
    }

    void tick(long ms) {
      wallMs += ms;
      monotonicNs += ms * 1_000_000;
    }

    Machine jump(long ms) {
      wallMs += ms;
      return this;
    }

    long now() {
      return clock.nowMs(wallMs, monotonicNs);
    }
  }

  @Test
  void followsTheWallWhenNothingJumps() {
    Machine machine = new Machine().boot(NOON - 8 * HOUR);
    assertThat(machine.now()).isEqualTo(NOON);
    assertThat(machine.run(3 * DAY).now()).isEqualTo(NOON + 3 * DAY);
    assertThat(machine.clock.noteMs()).isEqualTo(NOON + 3 * DAY);
  }

  @Test
  void yearAheadForTenMinutesChangesNothing() {
    Machine machine = new Machine().boot(0).run(HOUR).jump(YEAR);
    assertThat(machine.now()).isEqualTo(NOON + HOUR);
    machine.run(10 * MINUTE);
    assertThat(machine.now()).isEqualTo(NOON + HOUR + 10 * MINUTE);
    assertThat(machine.clock.lagMs()).isEqualTo(YEAR);
    machine.jump(-YEAR);
    assertThat(machine.run(DAY).now()).isEqualTo(machine.wallMs);
    assertThat(machine.clock.lagMs()).isZero();
  }

  @Test
  void jumpAheadThatStaysIsBelievedAfterOnePeriod() {
    Machine machine = new Machine().boot(0).run(HOUR).jump(YEAR).run(DAY - 2 * MINUTE);
    assertThat(machine.now()).isEqualTo(machine.wallMs - YEAR);
    assertThat(machine.run(5 * MINUTE).now()).isEqualTo(machine.wallMs);
  }

  @Test
  void jumpBackIsBelievedAtOnceAndItsEndOnlyAfterOnePeriod() {
    Machine machine = new Machine().boot(0).run(HOUR).jump(-YEAR);
    assertThat(machine.run(MINUTE).now()).isEqualTo(machine.wallMs);
    machine.jump(YEAR);
    assertThat(machine.run(DAY - 5 * MINUTE).now()).isEqualTo(machine.wallMs - YEAR);
    assertThat(machine.run(10 * MINUTE).now()).isEqualTo(machine.wallMs);
  }

  @Test
  void closedLidDelaysPruningByItsLengthAndNotForEver() {
    Machine machine = new Machine().boot(0);
    for (int day = 0; day < 30; day++) {
      machine.run(10 * HOUR).jump(14 * HOUR);
      machine.now();
    }
    assertThat(machine.clock.lagMs()).isBetween(14 * HOUR, 3 * 14 * HOUR);
  }

  @Test
  void plausibleAbsenceIsBelieved() {
    Machine machine = new Machine().boot(NOON - RetentionClock.ABSENCE_MAX_MS);
    assertThat(machine.now()).isEqualTo(NOON);
  }

  @Test
  void firstRunBelievesTheWall() {
    assertThat(new Machine().boot(0).now()).isEqualTo(NOON);
  }

  @Test
  void implausibleAbsenceHoldsRetentionAtTheNotedTimeForOnePeriod() {
    long noted = NOON - RetentionClock.ABSENCE_MAX_MS - 1;
    Machine machine = new Machine().boot(noted);
    assertThat(machine.now()).isEqualTo(noted);
    assertThat(machine.clock.lagMs()).isEqualTo(NOON - noted);
    assertThat(machine.run(DAY - MINUTE).now()).isEqualTo(noted + DAY - MINUTE);
    assertThat(machine.run(3 * MINUTE).now()).isEqualTo(machine.wallMs);
  }

  @Test
  void startWithTheWallBehindTheNoteIsHarmless() {
    Machine machine = new Machine().boot(NOON + YEAR);
    assertThat(machine.now()).isEqualTo(NOON);
    assertThat(machine.run(DAY).now()).isEqualTo(NOON + DAY);
  }

  @Test
  void restartWithinAFalseJumpIsNotFooled() {
    Machine machine = new Machine().boot(0).run(2 * HOUR).jump(YEAR).run(10 * MINUTE);
    long noted = machine.clock.noteMs();
    assertThat(noted).isEqualTo(NOON + 2 * HOUR + 10 * MINUTE);
    machine.tick(MINUTE);
    assertThat(machine.boot(noted).now()).isEqualTo(noted);
  }

  @Test
  void daysOfAFewHoursRecoverFromALongAbsence() {
    Machine machine = new Machine().boot(NOON - YEAR).run(8 * HOUR);
    assertThat(machine.clock.lagMs()).isEqualTo(YEAR);
    long noted = machine.clock.noteMs();
    assertThat(noted).isEqualTo(machine.wallMs);
    machine.jump(16 * HOUR);
    assertThat(machine.boot(noted).now()).isEqualTo(machine.wallMs);
  }

  @Test
  void periodShorterThanAnHourIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new RetentionClock(0, HOUR - 1, NOON, 0));
  }

  /** Any history of jumps, suspends and drift, with events arriving all the time. */
  @Test
  void nothingIsEverRemovedYoungerThanThePeriodByEitherClock() {
    long removed = 0;
    for (long seed = 0; seed < 60; seed++) {
      removed += wildHistory(new SplittableRandom(seed), seed);
    }
    assertThat(removed).as("events removed over all histories").isGreaterThan(50_000);
  }

  private record Arrived(long receivedMs, long monotonicNs) {}

  private static long wildHistory(SplittableRandom random, long seed) {
    Machine machine = new Machine().boot(random.nextBoolean() ? 0 : NOON - random.nextLong(2 * YEAR));
    List<Arrived> log = new ArrayList<>();
    long removed = 0;
    int calmMinutes = 0;
    for (int minute = 0; minute < 8 * 24 * 60; minute++) {
      machine.tick(random.nextLong(1, 3 * MINUTE / 2));
      if (calmMinutes-- <= 0 && random.nextInt(200) == 0) {
        machine.jump(oddStep(random));
        // long calms let retention catch up, so that later jumps find something to delete wrongly
        calmMinutes = random.nextInt(4) == 0 ? 2 * 24 * 60 : 0;
      }
      long now = machine.now();
      assertThat(now).as("seed %d minute %d", seed, minute).isLessThanOrEqualTo(machine.wallMs);
      removed += removeExpired(log, now - DAY, machine, seed);
      log.add(new Arrived(machine.wallMs, machine.monotonicNs));
    }
    machine.run(DAY + 2 * MINUTE);
    assertThat(machine.now()).as("seed %d caught up", seed).isEqualTo(machine.wallMs);
    return removed;
  }

  private static long removeExpired(List<Arrived> log, long cutoffMs, Machine machine, long seed) {
    long before = log.size();
    log.removeIf(arrived -> {
      if (arrived.receivedMs() >= cutoffMs) {
        return false;
      }
      long wallAge = machine.wallMs - arrived.receivedMs();
      long monotonicAge = (machine.monotonicNs - arrived.monotonicNs()) / 1_000_000;
      if (wallAge < DAY || monotonicAge < DAY) {
        throw new AssertionError("seed " + seed + ": removed at age " + wallAge + " and " + monotonicAge + " ms");
      }
      return true;
    });
    return before - log.size();
  }

  private static long oddStep(SplittableRandom random) {
    return switch (random.nextInt(6)) {
      case 0 -> YEAR;
      case 1 -> -YEAR;
      case 2 -> random.nextLong(-2 * HOUR, 2 * HOUR);
      case 3 -> random.nextLong(14 * HOUR);
      case 4 -> random.nextLong(-3 * DAY, 3 * DAY);
      default -> random.nextLong(-500, 500);
    };
  }
}
