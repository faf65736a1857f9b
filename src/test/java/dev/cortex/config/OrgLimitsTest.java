package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Rate;
import dev.cortex.config.CortexConfig.Limits;
import java.util.List;
import org.junit.jupiter.api.Test;

class OrgLimitsTest {

  private static final int PAYLOAD = 65_536;

  @Test
  void overridesHoldForTheirOrgAndTheirKeyOnly() {
    OrgLimits limits = limits("acme.events_per_second=7", "acme.burst=70", "other.stored_bytes=9007199254740992");

    assertThat(limits.of("acme").events()).isEqualTo(new Rate(7, 70));
    assertThat(limits.of("acme").connections()).isEqualTo(50);
    assertThat(limits.of("other").events()).isEqualTo(new Rate(100, 1_000));
    assertThat(limits.of("other").storedBytes()).isEqualTo(1L << 53);
    assertThat(limits.of("nobody")).isEqualTo(limits.of("anybody"));
    assertThat(limits.uniform()).isFalse();
    assertThat(limits().uniform()).isTrue();
  }

  @Test
  void orgNamesHoldDots() {
    OrgLimits limits = limits("eu.acme.events_per_second=7", "acme.events_per_second=0", "burst.burst=700");

    assertThat(limits.of("eu.acme").eventsPerSecond()).isEqualTo(7);
    assertThat(limits.of("acme").eventsPerSecond()).isZero();
    assertThat(limits.of("burst").burst()).isEqualTo(700);
    assertThat(limits.of("eu").eventsPerSecond()).isEqualTo(100);
  }

  @Test
  void everyKeyOfTheSectionCanBeOverridden() {
    for (String name : Keys.within("limits")) {
      if (!name.equals("overrides")) {
        OrgLimits limits = limits("acme." + name + "=12345");
        assertThat(limits.of("acme").toString()).as(name).contains("=12345");
        assertThat(limits.of("acme")).as(name).isNotEqualTo(limits.of("other"));
      }
    }
  }

  @Test
  void burstOfZeroIsTwoSecondsWorth() {
    assertThat(limits("acme.burst=0").of("acme").events()).isEqualTo(new Rate(100, 200));
  }

  @Test
  void publishesAreThrottledWhereAnyRateIsSet() {
    assertThat(unlimited().limitPublishes()).isFalse();
    assertThat(unlimited("acme.burst=5", "acme.connections=1", "acme.connection_events_per_second=1").limitPublishes())
        .isFalse();
    for (String key : List.of("events", "bytes", "agent_events", "session_events")) {
      OrgLimits limits = unlimited("acme." + key + "_per_second=1");
      assertThat(limits.limitPublishes()).as(key).isTrue();
      assertThat(OrgLimits.throttles(limits.of("acme"))).as(key).isTrue();
      assertThat(OrgLimits.throttles(limits.of("other"))).as(key).isFalse();
    }
    OrgLimits stored = unlimited("acme.stored_bytes=1");
    assertThat(stored.limitPublishes()).isTrue();
    assertThat(OrgLimits.throttles(stored.of("acme"))).isFalse();
  }

  @Test
  void burstBelowTheRateIsAProblemOfWhoeverSetIt() {
    assertThat(limits("acme.burst=99").problems(PAYLOAD)).singleElement().satisfies(problem -> {
      assertThat(problem.key()).isEqualTo("limits.overrides");
      assertThat(problem.rule()).startsWith("acme.burst (99) is below acme.events_per_second (100)");
    });
    OrgLimits common = new OrgLimits(new Limits(100, 99, 0, 0, 0, 0, 0, 0, 0, 0, List.of("acme.burst=100")));
    assertThat(common.problems(PAYLOAD)).singleElement()
        .satisfies(problem -> assertThat(problem.key()).isEqualTo("limits.burst"));
    assertThat(limits("acme.burst=100").problems(PAYLOAD)).isEmpty();
    assertThat(limits("acme.burst=0").problems(PAYLOAD)).isEmpty();
    assertThat(limits("acme.events_per_second=0", "acme.burst=1").problems(PAYLOAD)).isEmpty();
  }

  @Test
  void bytesThatNeverLetTheLargestPayloadThroughAreAProblem() {
    assertThat(limits("acme.bytes_per_second=32767").problems(PAYLOAD)).singleElement()
        .satisfies(problem -> assertThat(problem.rule()).contains("from 32768"));
    assertThat(limits("acme.bytes_per_second=32768").problems(PAYLOAD)).isEmpty();
  }

  @Test
  void sameOverrideTwiceIsAProblem() {
    assertThat(limits("acme.burst=100", "other.burst=100", "acme.burst=200").problems(PAYLOAD)).singleElement()
        .satisfies(problem -> assertThat(problem.rule()).isEqualTo("acme.burst is there twice"));
  }

  private static OrgLimits limits(String... overrides) {
    return new OrgLimits(new Limits(100, 1_000, 0, 50, 5, 5, 0, 0, 0, 0, List.of(overrides)));
  }

  private static OrgLimits unlimited(String... overrides) {
    return new OrgLimits(new Limits(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of(overrides)));
  }
}
