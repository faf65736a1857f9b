package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MemberFitTest {

  private static final MemberFit MINE = new MemberFit("1", "org", "256", "1", "0.1.0");

  @Test
  void whatAMemberTellsIsReadAsItWasSaid() {
    assertThat(MemberFit.read(MINE.attributes())).isEqualTo(MINE);
  }

  @Test
  void programsOfAnotherVersionGoTogetherAsLongAsTheyAgreeOnTheRest() {
    assertThat(MINE.goesWith(new MemberFit("1", "org", "256", "1", "0.2.0"))).isTrue();
  }

  @Test
  void anotherFormOfMessagesOrAnotherPlacementDoesNot() {
    assertThat(MINE.goesWith(new MemberFit("2", "org", "256", "1", "0.1.0"))).isFalse();
    assertThat(MINE.goesWith(new MemberFit("1", "global", "256", "1", "0.1.0"))).isFalse();
    assertThat(MINE.goesWith(new MemberFit("1", "org", "128", "1", "0.1.0"))).isFalse();
    assertThat(MINE.goesWith(new MemberFit("1", "org", "256", "2", "0.1.0"))).isFalse();
  }

  @Test
  void aMemberThatTellsNothingDoesNotFit() {
    assertThat(MINE.goesWith(MemberFit.read(Map.of()))).isFalse();
  }
}
