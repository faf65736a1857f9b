package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.config.ConfigSource.Assignment;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A desktop's link to the cloud, as it is configured. */
class SyncConfigTest {

  private static final String CLOUD = "sync.cloud_url=https://cloud.example";

  @Test
  void theTokenSaysWhichOrgsTravelUnlessTheyAreNamed() {
    assertThat(synced(CLOUD, "sync.token=" + token("{\"org\":\"acme\"}"))).containsExactly("acme");
    assertThat(synced(CLOUD, "sync.token=" + token("{\"org\":[\"acme\",\"umbrella\"]}")))
        .containsExactlyInAnyOrder("acme", "umbrella");
    assertThat(synced(CLOUD, "sync.token=" + token("{\"org\":\"acme\"}"), "sync.orgs=globex"))
        .containsExactly("globex");
  }

  @Test
  void withoutACloudNoOrgTravels() {
    assertThat(synced("sync.orgs=acme")).isEmpty();
    assertThat(synced("sync.token=" + token("{\"org\":\"acme\"}"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"secret", "a.b", "a.b.c", "..", "a.!!!.c", "a.W10.c", "a.bnVsbA.c"})
  void aTokenThatIsNoJwtSyncsNothingAndThatIsSaid(String token) {
    saysWhyNone(token, "sync.token is no JWT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.e30.c", "a.eyJvcmciOjd9.c", "a.eyJvcmciOiJhIGIifQ.c", "a.eyJvcmciOm51bGx9.c"})
  void aJwtWithoutAnOrgSyncsNothingAndThatIsSaid(String token) {
    saysWhyNone(token, "the JWT in sync.token has no org");
  }

  private static void saysWhyNone(String token, String why) {
    assertThat(synced(CLOUD, "sync.token=" + token)).isEmpty();
    assertThat(warnings(CLOUD, "sync.token=" + token))
        .containsExactly("sync.orgs: empty, and " + why + ", so nothing is synced");
    assertThat(load(CLOUD, "sync.token=" + token).config().sync().whyNoOrgs())
        .isEqualTo("sync.orgs is empty, and " + why + ": name the orgs in sync.orgs");
  }

  @Test
  void aDesktopWithACloudAloneStartsWithAWarning() {
    assertThat(warnings(CLOUD))
        .containsExactly("sync.token: empty: the cloud lets nobody in without one, so nothing is synced");
    assertThat(load(CLOUD).config().sync().whyNoOrgs()).isEqualTo("sync.token is empty");
    assertThat(warnings(CLOUD, "sync.token=" + token("{\"org\":\"acme\"}"))).isEmpty();
  }

  @Test
  void whatNeedsACloudIsNamedWhenThereIsNone() {
    assertThat(
            warnings("sync.token=t", "sync.orgs=a", "sync.callback_url=https://me.example", "sync.callback_port=4000",
                "sync.poll_min_ms=6000", "sync.poll_max_ms=40000", "callbacks.allow_private=true"))
        .containsExactly(
            "sync.token: without effect while sync.cloud_url is empty",
            "sync.orgs: without effect while sync.cloud_url is empty",
            "sync.callback_url: without effect while sync.cloud_url is empty",
            "sync.callback_port: without effect while sync.cloud_url is empty",
            "sync.poll_max_ms: without effect while sync.cloud_url is empty");
  }

  @Test
  void aCallbackPortNobodyIsToldOfIsNamed() {
    String token = "sync.token=" + token("{\"org\":\"acme\"}");
    assertThat(warnings(CLOUD, token, "sync.callback_port=4000"))
        .containsExactly("sync.callback_port: the cloud learns of it by sync.callback_url only, which is empty");
    assertThat(warnings(CLOUD, token, "sync.callback_port=4000", "sync.callback_url=https://me.example")).isEmpty();
    assertThat(warnings(CLOUD, token, "sync.callback_url=https://me.example"))
        .singleElement().asString().endsWith("set sync.callback_port");
  }

  @Test
  void aPrivateCallbackIsForTestsThatSaySo() {
    String plain = "sync.callback_url=http://10.0.0.7:4000/ingest";
    assertThat(catchThrowableOfType(ConfigException.class, () -> load(CLOUD, plain)).problems())
        .singleElement().asString().contains("sync.callback_url: must be https");
    assertThat(load(CLOUD, plain, "callbacks.allow_private=true").config().sync().callbackUrl()).isNotEmpty();
  }

  /** Only its payload means anything here. */
  private static String token(String payload) {
    byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
    return "e30." + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes) + ".c2ln";
  }

  private static Iterable<String> synced(String... sets) {
    return load(sets).config().sync().syncedOrgs();
  }

  private static List<String> warnings(String... sets) {
    return load(sets).warnings();
  }

  private static EffectiveConfig load(String... sets) {
    List<Assignment> assignments = Stream.of(sets).map(Assignment::parse).toList();
    return ConfigLoader.load(new ConfigSource("local", Optional.empty(), Map.of(), assignments));
  }
}
