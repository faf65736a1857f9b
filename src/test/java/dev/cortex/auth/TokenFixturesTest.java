package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The tokens of {@code test-fixtures/tokens}, made with keys that are fixed there. */
@Timeout(120)
final class TokenFixturesTest {

  private final JsonObject fixture;
  private final KeyRing keys;
  private final ClaimRules rules;

  TokenFixturesTest() throws IOException {
    fixture = new JsonObject(Files.readString(Path.of("test-fixtures/tokens/tokens.json")));
    String published = new JsonObject().put("keys", fixture.getJsonArray("keys")).encode();
    keys = KeyRing.of(fixture.getString("secret"), true).withPublished(published.getBytes(StandardCharsets.UTF_8));
    rules = new ClaimRules(fixture.getString("issuer"), fixture.getString("audience"));
  }

  @TestFactory
  Stream<DynamicTest> everyTokenMeetsItsFate() {
    return fixture.getJsonArray("tokens").stream()
        .map(JsonObject.class::cast)
        .map(each -> DynamicTest.dynamicTest(each.getString("name"), () -> check(each)));
  }

  private void check(JsonObject expected) {
    String token = expected.getString("token");
    if (!expected.containsKey("user")) {
      assertThatThrownBy(() -> read(token)).isInstanceOf(RefusedException.class);
      return;
    }
    Principal principal = read(token);
    assertThat(principal.userId()).isEqualTo(expected.getString("user"));
    assertThat(principal.orgs()).containsExactly(expected.getString("org"));
    assertThat(principal.scopes().stream().map(Scope::word))
        .containsExactlyInAnyOrderElementsOf(
            expected.getJsonArray("scopes").stream().map(String.class::cast).toList());
  }

  private Principal read(String text) {
    UserToken token = UserToken.parse(text).orElseThrow(TokenFixturesTest::refused);
    Principal principal = rules.principal(token.claims(), fixture.getLong("nowMs"));
    if (keys.verify(token) != KeyRing.Verdict.GOOD) {
      throw refused();
    }
    return principal;
  }

  private static RefusedException refused() {
    return new RefusedException(ErrorCode.UNAUTHORIZED, "refused");
  }
}
