package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class VerifiedTokensTest {

  private final VerifiedTokens verified = new VerifiedTokens();
  private final KeyRing keys = KeyRing.of(Mint.SECRET, false);

  @Test
  void whatOtherKeysVerifiedIsNotKnown() {
    verified.remember(Sha256.of("a"), keys, Principal.LOCAL);
    assertThat(verified.find(Sha256.of("a"), keys)).contains(Principal.LOCAL);
    assertThat(verified.find(Sha256.of("a"), KeyRing.of(Mint.SECRET, false))).isEmpty();
    assertThat(verified.find(Sha256.of("b"), keys)).isEmpty();
  }

  @Test
  void noMoreAreKeptThanThereArePlaces() {
    int many = 3 * VerifiedTokens.PLACES;
    for (int i = 0; i < many; i++) {
      verified.remember(Sha256.of("token " + i), keys, Principal.LOCAL);
    }
    int kept = 0;
    for (int i = 0; i < many; i++) {
      kept += verified.find(Sha256.of("token " + i), keys).isPresent() ? 1 : 0;
    }
    assertThat(kept).isBetween(VerifiedTokens.PLACES / 2, VerifiedTokens.PLACES);
  }
}
