package dev.cortex.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class AlertsTest {

  private final Alerts alerts = new Alerts(250, 400);

  @Test
  void latencyAlertRisesAtItsThresholdAndClearsWellBelow() {
    assertThat(alerts.onReading(249, 20, 0)).isFalse();
    assertThat(alerts.degradedBecause()).isEmpty();
    assertThat(alerts.onReading(250, 20, 0)).isTrue();
    assertThat(alerts.degradedBecause()).hasValueSatisfying(why -> assertThat(why).contains("250 ms"));
    assertThat(alerts.onReading(201, 20, 0)).isFalse();
    assertThat(alerts.degradedBecause()).isPresent();
    assertThat(alerts.onReading(199, 20, 0)).isTrue();
    assertThat(alerts.degradedBecause()).isEmpty();
  }

  @Test
  void queueAlertStandsBesideTheLatencyAlert() {
    assertThat(alerts.onReading(Double.NaN, 20, 400)).isTrue();
    assertThat(alerts.onReading(900, 20, 450)).isTrue();
    assertThat(alerts.degradedBecause())
        .hasValueSatisfying(why -> assertThat(why).contains("900 ms").contains("450 events"));
    assertThat(alerts.onReading(900, 20, 0)).isTrue();
    assertThat(alerts.degradedBecause())
        .hasValueSatisfying(why -> assertThat(why).contains("900 ms").doesNotContain("waiting"));
  }

  @Test
  void aFewSlowPublishesDoNotDegradeTheNode() {
    assertThat(alerts.onReading(900, 1, 0)).isFalse();
    assertThat(alerts.onReading(900, 19, 0)).isFalse();
    assertThat(alerts.degradedBecause()).isEmpty();
    assertThat(alerts.onReading(900, 20, 0)).isTrue();
    assertThat(alerts.degradedBecause()).isPresent();
  }

  @Test
  void silenceClearsALatencyAlert() {
    alerts.onReading(900, 20, 0);
    assertThat(alerts.onReading(Double.NaN, 20, 0)).isTrue();
    assertThat(alerts.degradedBecause()).isEmpty();
  }

  @Test
  void thresholdOfZeroIsNeverCrossed() {
    Alerts off = new Alerts(0, 0);
    assertThat(off.onReading(1e9, 20, Long.MAX_VALUE)).isFalse();
    assertThat(off.degradedBecause()).isEmpty();
  }
}
