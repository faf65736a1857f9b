package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Source.Cloud;
import dev.cortex.event.Position;
import dev.cortex.sync.CloudCursor.Asked;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class CloudCursorTest {

  private static final String LOG = "cloudlog00001";
  private static final String OTHER = "anotherlog001";

  private final CloudCursor cursor = new CloudCursor("acme");

  @Test
  void firstTimeAsksForEverythingRetained() {
    Asked asked = cursor.ask();
    assertThat(asked.cursor()).isEqualTo("0");
    assertThat(cursor.range(asked, at(9))).isEqualTo(new Cloud("acme", LOG, 0, 9, true));
    cursor.learn(Optional.of(at(9)));
    assertThat(cursor.ask().cursor()).isEqualTo(LOG + ".9");
    assertThat(cursor.range(cursor.ask(), at(12))).isEqualTo(new Cloud("acme", LOG, 9, 12, false));
  }

  @Test
  void rangeThatWasToBeginTheLogGoesOnWhenAPushBeganItMeanwhile() {
    Cloud range = cursor.range(cursor.ask(), at(9));
    assertThat(cursor.nowThat(range)).isEqualTo(range);
    cursor.learn(Optional.of(at(3)));
    assertThat(cursor.nowThat(range)).isEqualTo(new Cloud("acme", LOG, 0, 9, false));
    cursor.begin();
    assertThat(cursor.nowThat(range)).isEqualTo(range);
  }

  @Test
  void emptyCloudIsFollowedFromItsBeginning() {
    cursor.cover(at(0));
    assertThat(cursor.unnoted()).isEmpty();
    assertThat(cursor.ask().cursor()).isEqualTo(LOG + ".0");
    assertThat(cursor.range(cursor.ask(), at(1))).isEqualTo(new Cloud("acme", LOG, 0, 1, true));
  }

  @Test
  void whatIsCoveredIsAskedBeyondAndNotedWithTheNextPage() {
    cursor.learn(Optional.of(at(3)));
    cursor.cover(at(8));
    assertThat(cursor.ask().cursor()).isEqualTo(LOG + ".8");
    assertThat(cursor.unnoted()).contains(new Cloud("acme", LOG, 3, 8, false));
    assertThat(cursor.range(cursor.ask(), at(9))).isEqualTo(new Cloud("acme", LOG, 3, 9, false));
    cursor.learn(Optional.of(at(9)));
    assertThat(cursor.unnoted()).isEmpty();
  }

  @Test
  void olderWordOfTheLogDoesNotTakeBackWhatIsCovered() {
    cursor.learn(Optional.of(at(3)));
    cursor.cover(at(8));
    cursor.learn(Optional.of(at(5)));
    assertThat(cursor.ask().cursor()).isEqualTo(LOG + ".8");
  }

  @Test
  void goneCursorBeginsAnewEvenWhenTheLogStillNamesIt() {
    cursor.learn(Optional.of(at(3)));
    cursor.begin();
    cursor.learn(Optional.of(at(3)));
    assertThat(cursor.ask()).isEqualTo(new Asked("0", Optional.empty(), 0, true));
    assertThat(cursor.isStored(at(2))).isFalse();
    Position reached = new Position(OTHER, 1);
    assertThat(cursor.range(cursor.ask(), reached)).isEqualTo(new Cloud("acme", OTHER, 0, 1, true));
    cursor.learn(Optional.of(reached));
    assertThat(cursor.isStored(reached)).isTrue();
    assertThat(cursor.ask().anew()).isFalse();
  }

  @Test
  void answerHasToGoOnWhereItWasAsked() {
    cursor.learn(Optional.of(at(3)));
    Asked asked = cursor.ask();
    assertThat(CloudCursor.fits(asked, at(4), true)).isTrue();
    assertThat(CloudCursor.fits(asked, at(3), true)).isFalse();
    assertThat(CloudCursor.fits(asked, at(3), false)).isTrue();
    assertThat(CloudCursor.fits(asked, at(2), false)).isFalse();
    assertThat(CloudCursor.fits(asked, new Position(OTHER, 9), true)).isFalse();
  }

  private static Position at(long offset) {
    return new Position(LOG, offset);
  }
}
