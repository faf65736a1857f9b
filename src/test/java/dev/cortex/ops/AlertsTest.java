package dev.cortex.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class AlertsTest {

  private final Alerts alerts = new Alerts(250, 400);

  @Test
  void latencyAlertRisesAtItsThresholdAndClearsWellBelow() {
    assertThat(alerts.onReading(249, 0)).isFalse();
    assertThat(alerts.degradedBecause()).isEmpty();
    assertThat(alerts.onReading(250, 0)).isTrue();
    assertThat(alerts.degradedBecause()).hasValueSatisfying(why -> assertThat(why).contains("250 ms"));
    assertThat(alerts.onReading(201, 0)).isFalse();
    assertThat(alerts.degradedBecause()).isPresent();
    assertThat(alerts.onReading(199, 0)).isTrue();
    assertThat(alerts.degradedBecause()).isEmpty();
  }

  @Test
  void queueAlertStandsBesideTheLatencyAlert() {
    assertThat(alerts.onReading(Double.NaN, 400)).isTrue();
    assertThat(alerts.onReading(900, 450)).isTrue();
    assertThat(alerts.degradedBecause())
        .hasValueSatisfying(why -> assertThat(why).contains("900 ms").contains("450 events"));
    assertThat(alerts.onReading(900, 0)).isTrue();
    assertThat(alerts.degradedBecause())
        .hasValueSatisfying(why -> assertThat(why).contains("900 ms").doesNotContain("waiting"));
  }

  @Test
  void silenceClearsALatencyAlert() {
    alerts.onReading(900, 0);
    assertThat(alerts.onReading(Double.NaN, 0)).isTrue();
    assertThat(alerts.degradedBecause()).isEmpty();
  }

  @Test
  void thresholdOfZeroIsNeverCrossed() {
    Alerts off = new Alerts(0, 0);
    assertThat(off.onReading(1e9, Long.MAX_VALUE)).isFalse();
    assertThat(off.degradedBecause()).isEmpty();
  }
}
