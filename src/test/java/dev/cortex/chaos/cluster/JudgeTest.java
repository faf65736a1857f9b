package dev.cortex.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.chaos.cluster.Judge.Verdict;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows that the judge sees each kind of broken promise. */
final class JudgeTest {

  @TempDir Path folder;

  private final List<JsonObject> producers = new ArrayList<>();
  private final List<JsonObject> subscriber = new ArrayList<>();

  @BeforeEach
  void everyPromiseWasKept() {
    subscriber.add(new JsonObject().put("k", "who").put("name", "s0 PLAIN").put("channel", "acme"));
    for (int i = 1; i <= 3; i++) {
      producers.add(line("sent", i));
      producers.add(line("answer", i).put("st", "accepted").put("ms", 5 * i));
      subscriber.add(line("got", i));
    }
  }

  private static JsonObject line(String kind, int number) {
    return new JsonObject()
        .put("k", kind)
        .put("id", "e" + number)
        .put("org", "acme")
        .put("s", "p1:s0")
        .put("q", number)
        .put("o", number)
        .put("h", number)
        .put("t", 1_000 + 10 * number);
  }

  private Verdict verdict() throws IOException {
    Files.write(folder.resolve("producers.jsonl"), producers.stream().map(JsonObject::encode).toList());
    Files.write(folder.resolve("s0.jsonl"), subscriber.stream().map(JsonObject::encode).toList());
    return Judge.of(folder);
  }

  @Test
  void keptPromisesAreNoFault() throws IOException {
    producers.add(line("answer", 2).put("st", "duplicate").put("ms", 1));
    subscriber.add(2, new JsonObject().put("k", "left").put("node", 1));
    Verdict verdict = verdict();
    assertThat(verdict.faults()).isEmpty();
    assertThat(verdict.good()).isTrue();
    assertThat(verdict.events()).isEqualTo(3);
    assertThat(verdict.received()).isEqualTo(3);
    assertThat(verdict.pauseMsMax()).isEqualTo(10);
    assertThat(verdict.latenciesMs()).containsExactly(1, 5, 10, 15);
  }

  @Test
  void aLostEventIsFound() throws IOException {
    subscriber.remove(3);
    assertThat(verdict().lost()).isEqualTo(1);
  }

  @Test
  void aHoleIsFound() throws IOException {
    subscriber.remove(2);
    Verdict verdict = verdict();
    assertThat(verdict.lost()).isEqualTo(1);
    assertThat(verdict.reordered()).isEqualTo(1);
    assertThat(verdict.faults()).anyMatch(fault -> fault.contains("a gap"));
  }

  @Test
  void aSecondDeliveryIsFound() throws IOException {
    subscriber.add(line("got", 3));
    assertThat(verdict().duplicated()).isEqualTo(1);
  }

  @Test
  void aReorderIsFound() throws IOException {
    Collections.swap(subscriber, 2, 3);
    assertThat(verdict().reordered()).isPositive();
  }

  @Test
  void anEventUnderTwoOffsetsIsFound() throws IOException {
    producers.add(line("answer", 3).put("st", "accepted").put("o", 4).put("ms", 1));
    assertThat(verdict().duplicated()).isEqualTo(2);
  }

  @Test
  void anOffsetGivenTwiceIsFound() throws IOException {
    producers.get(5).put("o", 2);
    assertThat(verdict().faults()).anyMatch(fault -> fault.contains("offset 2 of acme was given to"));
  }

  @Test
  void anEventWithoutAnswerIsFound() throws IOException {
    producers.remove(5);
    assertThat(verdict().faults()).singleElement().asString().contains("never got a definite answer");
  }

  @Test
  void anAlteredOrForeignEventIsFound() throws IOException {
    subscriber.get(2).put("h", 9);
    subscriber.add(line("got", 4));
    Verdict verdict = verdict();
    assertThat(verdict.others()).isEqualTo(2);
    assertThat(verdict.faults()).anyMatch(fault -> fault.contains("was never sent"));
  }

  @Test
  void aComplaintIsAFault() throws IOException {
    subscriber.add(new JsonObject().put("complaint", "s0: resync"));
    assertThat(verdict().good()).isFalse();
  }
}
