package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.config.ConfigSource.Assignment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a cloud node must be told of whom it lets in. */
@Timeout(120)
final class AuthConfigTest {

  private static final String KEY = "auth.jwt_secret=0123456789abcdef0123456789abcdef";
  private static final String HASH = "ab".repeat(32);
  private static final String ENTRY =
      "name=backend;orgs=acme|globex;scopes=publish|subscribe;expires=2027-01-31T00:00:00Z;sha256=" + HASH;

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "auth.jwt_secret=thirty-one-bytes-are-not-enough | auth.jwt_secret: has 31 bytes; at least 32 are needed",
    "auth.audience= | auth.audience: must say for whom tokens are made",
    "auth.service_tokens=hunter2 | auth.service_tokens: a bare secret has 24 to 512 visible ASCII characters",
    "auth.service_tokens=hunter2 hunter2 hunter2 hunter2 | auth.service_tokens: a bare secret has 24 to 512",
    "auth.service_tokens=hunter2;hunter2;hunter2;hunter2 | auth.service_tokens: a bare secret has 24 to 512",
    "auth.service_tokens=name=hunter2 | auth.service_tokens: an entry needs "
  })
  void whatLetsStrangersInStopsTheStart(String set, String expected) {
    assertThat(problems(KEY, set)).singleElement().asString()
        .startsWith("--set: " + expected).doesNotContain("hunter2", "thirty");
  }

  @Test
  void secretsAreCountedInBytes() {
    assertThat(load("auth.jwt_secret=" + "é".repeat(16)).config().auth().jwtSecret()).hasSize(16);
  }

  @Test
  void entryIsReadAndWrittenTheSame() {
    ServiceTokenEntry entry = ServiceTokenEntry.parse(ENTRY);
    assertThat(entry)
        .isEqualTo(
            new ServiceTokenEntry(
                "backend", List.of("acme", "globex"), List.of("publish", "subscribe"), 1_801_353_600_000L, HASH,
                false));
    assertThat(entry.text()).isEqualTo(ENTRY);
    String every = ENTRY.replace("orgs=acme|globex", "orgs=*");
    assertThat(ServiceTokenEntry.parse(every).orgs()).isEmpty();
    assertThat(ServiceTokenEntry.parse(every).text()).isEqualTo(every);
    assertThat(ServiceTokenEntry.parse(ENTRY.replace(HASH, HASH.toUpperCase())).sha256()).isEqualTo(HASH);
    assertThat(load(KEY, "auth.service_tokens=" + ENTRY).warnings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "name=a/b", "name=backend;", "name=", "name=a b;orgs=x", "orgs=|", "orgs=", "orgs=a:b", "orgs=*|acme", "scopes=",
    "scopes=publish|fly", "scopes=PUBLISH", "expires=", "expires=never", "expires=2027-01-31", "expires=1801353600",
    "expires=+999999999-01-01T00:00:00Z", "sha256=", "sha256=abc", "color=red", "name=backend;name=backend"
  })
  void entryWithAWrongFieldIsRefused(String field) {
    String name = field.substring(0, field.indexOf('='));
    String text = ENTRY.contains(name + '=') && !field.contains(";")
        ? ENTRY.replaceFirst(name + "=[^;]*", Matcher.quoteReplacement(field))
        : field + ';' + ENTRY;
    assertThatThrownBy(() -> ServiceTokenEntry.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNameHasAtMostTwoSecretsAndNoSecretComesTwice() {
    String second = ENTRY.replace(HASH, "cd".repeat(32));
    String third = ENTRY.replace(HASH, "ef".repeat(32));
    assertThat(load(KEY, "auth.service_tokens=" + ENTRY + ',' + second).config().auth().serviceTokens()).hasSize(2);
    assertThat(problems(KEY, "auth.service_tokens=" + ENTRY + ',' + second + ',' + third))
        .singleElement().asString().contains("backend has more than two secrets");
    assertThat(problems(KEY, "auth.service_tokens=" + ENTRY + ',' + ENTRY))
        .singleElement().asString().contains("the same secret twice");
  }

  @Test
  void doorsThatStandOpenAreWarnedOf() {
    assertThat(load(KEY, "auth.service_tokens=a-bare-secret-for-development").warnings())
        .singleElement().asString().contains("a bare secret lets its holder into every org").doesNotContain("a-bare");
    assertThat(load("auth.jwks_url=https://id.example/keys").warnings())
        .singleElement().asString().startsWith("auth.issuer: empty");
    assertThat(load("auth.jwks_url=https://id.example/keys", "auth.issuer=x").warnings()).isEmpty();
  }

  private static EffectiveConfig load(String... sets) {
    List<Assignment> flags = Stream.of(sets).map(Assignment::parse).toList();
    return ConfigLoader.load(new ConfigSource("cloud", Optional.empty(), Map.of(), flags));
  }

  private static List<String> problems(String... sets) {
    ConfigException e = catchThrowableOfType(ConfigException.class, () -> load(sets));
    assertThat(e).as("the start must be refused").isNotNull();
    return e.problems();
  }
}
