package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ResumeTokensTest {

  private static final byte[] SECRET = "0123456789abcdef0123456789abcdef".getBytes();
  private static final Principal USER = user("user-1", "acme", Scope.SUBSCRIBE);

  private final HandClock clock = new HandClock();
  private final ResumeTokens tokens = new ResumeTokens(SECRET, clock);

  @Test
  void anyNodeOfTheStoreReadsWhatOneIssued() {
    String token = tokens.issue("node-a/ö-7", USER);
    assertThat(token).matches("[A-Za-z0-9_-]{50,200}");
    assertThat(new ResumeTokens(SECRET, clock).verify(token, USER)).contains("node-a/ö-7");
  }

  @Test
  void renewedRightsKeepTheTokenGood() {
    String token = tokens.issue("c", USER);
    assertThat(tokens.verify(token, user("user-1", "acme", Scope.PUBLISH))).contains("c");
  }

  @Test
  void nobodyElseCanUseIt() {
    String token = tokens.issue("c", USER);
    Principal service = new Principal("user-1", true, Set.of("acme"), USER.scopes(), List.of(), USER.expiresAtMs());
    for (Principal other :
        List.of(user("user-2", "acme", Scope.SUBSCRIBE), user("user-1", "globex", Scope.SUBSCRIBE), service,
            Principal.LOCAL, user("user-1\nacme", "acme", Scope.SUBSCRIBE))) {
      assertThat(tokens.verify(token, other)).isEmpty();
    }
  }

  @Test
  void itEndsAfterADay() {
    String token = tokens.issue("c", USER);
    clock.advanceMs(ResumeTokens.VALID_MS - 1);
    assertThat(tokens.verify(token, USER)).isPresent();
    clock.advanceMs(1);
    assertThat(tokens.verify(token, USER)).isEmpty();
  }

  @Test
  void anotherSecretAndEveryChangedBitAreRefused() {
    String token = tokens.issue("connection", USER);
    assertThat(new ResumeTokens(new byte[32], clock).verify(token, USER)).isEmpty();
    byte[] bytes = Base64.getUrlDecoder().decode(token);
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] changed = bytes.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(tokens.verify(Mint.part(changed), USER)).isEmpty();
    }
    for (int length = 0; length < bytes.length; length++) {
      assertThat(tokens.verify(Mint.part(Arrays.copyOf(bytes, length)), USER)).isEmpty();
    }
  }

  @Test
  void textThatIsNoTokenIsRefusedAndNeverFails() {
    Random random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      byte[] noise = new byte[random.nextInt(400)];
      random.nextBytes(noise);
      assertThat(tokens.verify(Mint.part(noise), USER)).isEmpty();
      assertThat(tokens.verify(new String(noise, java.nio.charset.StandardCharsets.UTF_8), USER)).isEmpty();
    }
    assertThat(tokens.verify("A".repeat(10_000_000), USER)).isEmpty();
  }

  @Test
  void secretsAndNamesHaveTheirSizes() {
    assertThatThrownBy(() -> new ResumeTokens(new byte[15], clock)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tokens.issue("", USER)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tokens.issue("x".repeat(257), USER)).isInstanceOf(IllegalArgumentException.class);
    assertThat(tokens.verify(tokens.issue("x".repeat(256), USER), USER)).isPresent();
  }

  private static Principal user(String name, String org, Scope scope) {
    return new Principal(name, false, Set.of(org), Set.of(scope), List.of(), Long.MAX_VALUE);
  }
}
