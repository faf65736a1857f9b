package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.config.ConfigSource.Assignment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a cloud node must be told, and what it is told back. */
class CloudConfigTest {

  private static final String KEY = "auth.jwt_secret=0123456789abcdef0123456789abcdef";
  private static final String STORE = "store.url=jdbc:postgresql://db.example/cortex";

  @TempDir Path folder;

  @Test
  void aNodeAloneNeedsNothingButAKeyForTokens() {
    CortexConfig config = load(KEY).config();
    assertThat(config.cloud()).isTrue();
    assertThat(config.server().host()).isEqualTo("0.0.0.0");
    assertThat(config.server().port()).isEqualTo(8080);
    assertThat(config.server().internalHost()).isEqualTo("127.0.0.1");
    assertThat(config.server().internalPort()).isEqualTo(3694);
    assertThat(config.server().allowedOrigins()).isEmpty();
    assertThat(config.cluster().joins()).isFalse();
    assertThat(config.store().inDataDir()).isTrue();
    assertThat(config.limits().eventsPerSecond()).isEqualTo(5_000);
    assertThat(config.limits().connections()).isEqualTo(50_000);
    assertThat(load(KEY).warnings()).isEmpty();
    assertThat(problems()).singleElement().asString().contains("auth.jwt_secret is missing: give the node's");
    assertThat(load("auth.jwks_url=https://id.example/keys").config().cloud()).isTrue();
  }

  @Test
  void aMemberOfAClusterNamesItselfAndTheStoreTheyShare() {
    CortexConfig config = load(KEY, STORE, "cluster.members=127.0.0.1:5701,127.0.0.1:5702").config();
    assertThat(config.cluster().joins()).isTrue();
    assertThat(config.cluster().busPort()).isEqualTo(6701);
    assertThat(config.cluster().tls()).isFalse();
    assertThat(load(KEY, STORE, "cluster.members=nodes.example:5701").config().cluster().joins())
        .as("what a name stands for is seen at the start").isTrue();
    assertThat(load(KEY, STORE, "cluster.host=::1", "cluster.members=[::1]:5701").config().cluster().joins()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "store.url=jdbc:sqlite:x | must begin with jdbc:postgresql:",
    "store.url=jdbc:postgresql://h/d?password=hunter2 | must hold no credentials",
    "store.url=jdbc:postgresql://u:hunter2@h/d | must hold no credentials",
    "store.durability=relaxed | confirms only what survives power loss",
    "server.internal_port=8080 | would use port 8080, which is server.port",
    "auth.jwks_url=http://id.example/keys | plain http is for loopback only",
    "cluster.port=65000 | a whole number from 1 to 64535"
  })
  void whatACloudNodeMustNotDoStopsTheStart(String set, String expected) {
    assertThat(problems(KEY, set)).singleElement().asString()
        .startsWith("--set: ").contains(expected).doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "cluster.host=0.0.0.0 | must be the one address the other members reach this node at",
    "cluster.host=10.0.0.3 | this node is 10.0.0.3:5701, which is not in the list",
    "cluster.port=5703 | this node is 127.0.0.1:5703, which is not in the list",
    "server.port=5701 | cluster.port: would use port 5701, which is server.port",
    "server.internal_port=6701 | cluster.port: would use port 6701, which is server.internal_port",
    "store.url= | nodes of a cluster share a PostgreSQL database"
  })
  void whatAMemberMustNotDoStopsTheStart(String set, String expected) {
    assertThat(problems(KEY, STORE, "cluster.members=127.0.0.1:5701,127.0.0.1:5702", set))
        .singleElement().asString().contains(expected);
  }

  @Test
  void aCertificateNeedsItsKeyAndItsAuthorityAsFilesThatCanBeRead() throws IOException {
    Path file = Files.writeString(folder.resolve("x.pem"), "x");
    assertThat(problems(KEY, "cluster.tls_cert=" + file))
        .singleElement().asString().contains("needs all of cluster.tls_cert, cluster.tls_key, cluster.tls_ca");
    assertThat(problems(KEY, "cluster.tls_cert=" + file, "cluster.tls_key=" + file, "cluster.tls_ca=/absent.pem"))
        .containsExactly("--set: cluster.tls_ca: /absent.pem cannot be read");
    CortexConfig config =
        load(KEY, "cluster.tls_cert=" + file, "cluster.tls_key=" + file, "cluster.tls_ca=" + file).config();
    assertThat(config.cluster().tls()).isTrue();
  }

  @Test
  void trafficThatOthersCouldReadIsWarnedOf() throws IOException {
    String[] open = {KEY, STORE, "cluster.host=10.0.0.1", "cluster.members=10.0.0.1:5701,10.0.0.2:5701"};
    assertThat(load(open).warnings()).singleElement().asString()
        .contains("without TLS whoever reaches 10.0.0.1 on ports 5701 and 6701");
    Path file = Files.writeString(folder.resolve("x.pem"), "x");
    List<String> closed = new ArrayList<>(List.of(open));
    Stream.of("cert", "key", "ca").forEach(part -> closed.add("cluster.tls_" + part + '=' + file));
    assertThat(load(closed.toArray(String[]::new)).warnings()).singleElement().asString()
        .contains("covers port 6701 (messages), not port 5701 (membership)");
  }

  @Test
  void missingKeyIsNotSaidBesideAnotherMistake() {
    assertThat(problems("server.port=x")).singleElement().asString().startsWith("--set: server.port: 'x'");
  }

  @Test
  void bracketsOfAListAreExplained() {
    assertThat(problems("server.allowed_origins=[\"http://a.example\"]"))
        .singleElement().asString().endsWith("; write a,b");
  }

  @Test
  void whatOnlyADesktopDoesIsSaidInOneLineEach() {
    assertThat(
            load(KEY, "sync.cloud_url=https://c.example", "auth.local_auth=token", "sync.poll_min_ms=6000").warnings())
        .contains("sync.cloud_url: without effect on a cloud node", "auth.local_auth: without effect on a cloud node")
        .hasSize(2);
  }

  @Test
  void secretsAreMaskedWhereTheConfigurationIsShown() {
    String yaml = load(KEY, STORE, "store.user=cortex", "store.password=hunter2").yaml().get();
    assertThat(yaml)
        .contains("# effective configuration of profile cloud")
        .contains("password: \"********\"")
        .contains("jwt_secret: \"********\"")
        .contains("host: \"0.0.0.0\"  # from conf/cloud.yaml:")
        .doesNotContain("hunter2", "0123456789abcdef");
  }

  private static EffectiveConfig load(String... sets) {
    return ConfigLoader.load(source(sets));
  }

  private static List<String> problems(String... sets) {
    ConfigException e = catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(source(sets)));
    assertThat(e).as("the start must be refused").isNotNull();
    return e.problems();
  }

  private static ConfigSource source(String... sets) {
    return new ConfigSource("cloud", Optional.empty(), Map.of(), Stream.of(sets).map(Assignment::parse).toList());
  }
}
