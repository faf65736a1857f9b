package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Desktop;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PollQuestionTest {

  private static final CloudCursor.Asked ASKED = new CloudCursor.Asked("0", Optional.empty(), 0, true);
  private static final Desktop DESKTOP = new Desktop("laptop", "i1");
  private final PollQuestion question = new PollQuestion("acme", BridgeBed.FAST, 1_024);

  private CloudClient.Ask asked() {
    return question.ask(ASKED, DESKTOP, false);
  }

  private void tooMuch() {
    question.answered(new CloudAnswer.Failed("too much", 0, CloudAnswer.Silence.TOO_LONG));
  }

  @Test
  void answerIsReadUpToFourMegabytesHoweverManyEventsAreAskedFor() {
    assertThat(asked().answerBytesMax()).isBetween(2L << 20, (4L << 20) + 4_096);
    assertThat(asked().path()).endsWith("&cursor=0&limit=500");
  }

  @Test
  void fewerEventsHaveAShorterAnswerAndOneAlwaysFits() {
    for (int i = 0; i < 20; i++) {
      tooMuch();
    }
    assertThat(asked().path()).endsWith("&limit=1");
    assertThat(asked().answerBytesMax()).as("a payload of 64 KiB, its envelope and the page around it")
        .isEqualTo(65_536 + 2 * 4_096);
    assertThat(PollQuestion.answerBytesMax(1, 32L << 20)).isGreaterThan(32L << 20);
  }

  @Test
  void onlyEventsThatCameShowThatTheLineBearsThem() {
    tooMuch();
    for (int i = 0; i < 50; i++) {
      question.answered(new CloudAnswer.Failed("connection refused", 0));
      question.answered(new CloudAnswer.Nothing(Optional.empty(), 0));
    }
    assertThat(asked().path()).endsWith("&limit=250");
    for (int i = 0; i < BatchSize.PATIENCE; i++) {
      question.answered(new CloudAnswer.Ok(new byte[0], Optional.empty(), 0, 0));
    }
    assertThat(asked().path()).endsWith("&limit=500");
  }
}
