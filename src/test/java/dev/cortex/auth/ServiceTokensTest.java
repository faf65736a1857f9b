package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.cortex.config.ServiceTokenEntry;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ServiceTokensTest {

  private static final String OLD = "the-old-secret";
  private static final String NEW = "the-new-secret";
  private static final String BARE = "a-bare-secret-for-development";
  private static final long EXPIRY_MS = 1_801_353_600_000L;

  private final ServiceTokens tokens =
      new ServiceTokens(
          List.of(
              "name=backend;orgs=acme|globex;scopes=publish|subscribe;expires=2027-01-31T00:00:00Z;sha256="
                  + ServiceTokenEntry.hash(OLD),
              "name=backend;orgs=acme;scopes=publish;expires=2028-01-31T00:00:00Z;sha256="
                  + ServiceTokenEntry.hash(NEW),
              BARE));

  @Test
  void serviceHasTheOrgsAndScopesOfItsEntry() {
    Principal principal = tokens.principal(OLD, 0);
    assertThat(principal)
        .isEqualTo(
            new Principal(
                "backend", true, Set.of("acme", "globex"),
                Set.of(Scope.PUBLISH, Scope.SUBSCRIBE), List.of(), EXPIRY_MS));
  }

  @Test
  void twoSecretsOfANameAreGoodAtOnceAndTheOldOneEndsByItself() {
    assertThat(tokens.principal(NEW, EXPIRY_MS - 1).name()).isEqualTo(tokens.principal(OLD, EXPIRY_MS - 1).name());
    assertRefused(OLD, EXPIRY_MS);
    assertThat(tokens.principal(NEW, EXPIRY_MS).orgs()).containsExactly("acme");
  }

  @Test
  void bareSecretIsForEveryOrgButAdministersNothing() {
    Principal principal = tokens.principal(BARE, Long.MAX_VALUE - 1);
    assertThat(principal.isOf("any")).isTrue();
    assertThat(principal.service()).isTrue();
    assertThat(principal.scopes()).containsExactlyInAnyOrder(Scope.PUBLISH, Scope.SUBSCRIBE, Scope.CONSUME);
    assertThat(principal.name()).doesNotContain(BARE);
  }

  @Test
  void anythingElseIsRefused() {
    for (String other : List.of("", OLD + ' ', OLD.substring(1), OLD.toUpperCase(), ServiceTokenEntry.hash(OLD))) {
      assertRefused(other, 0);
    }
  }

  @Test
  void configurationKnowsExactlyTheWordsOfScopes() {
    assertThat(ServiceTokenEntry.SCOPES)
        .containsExactlyElementsOf(Arrays.stream(Scope.values()).map(Scope::word).toList());
  }

  private void assertRefused(String token, long nowMs) {
    assertThatThrownBy(() -> tokens.principal(token, nowMs))
        .asInstanceOf(type(RefusedException.class))
        .extracting(RefusedException::code)
        .isEqualTo(ErrorCode.UNAUTHORIZED);
  }
}
