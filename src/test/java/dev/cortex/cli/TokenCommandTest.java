package dev.cortex.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.auth.Tokens;
import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.Channel;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The {@code token} command: a node with the same configuration reads what it prints. */
@Timeout(300)
final class TokenCommandTest {

  private static final Vertx VERTX = Vertx.vertx();
  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final String KEY = "auth.jwt_secret=" + SECRET;
  private static final String ENTRY_OF = "add to auth.service_tokens: ";

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;

  @BeforeEach
  void listen() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restore() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  @AfterAll
  static void close() throws Exception {
    VERTX.close().toCompletionStage().toCompletableFuture().get();
  }

  @Test
  void printedTokenIsAcceptedByANodeWithTheSameConfiguration() {
    long before = Clock.SYSTEM.wallMs();
    assertThat(run("token", "--org", "acme", "--user", "user-1", "--scope", "publish subscribe", "--ttl", "1h",
        "--set", KEY)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).matches("[A-Za-z0-9_.-]+\\R");
    Principal principal = read("", List.of(), printed());
    assertThat(principal.userId()).isEqualTo("user-1");
    assertThat(principal.orgs()).containsExactly("acme");
    assertThat(principal.scopes()).containsExactlyInAnyOrder(Scope.PUBLISH, Scope.SUBSCRIBE);
    assertThat(principal.expiresAtMs()).isBetween(before + 3_598_000, before + 3_660_000);
  }

  @Test
  void issuerAndChannelsAreWrittenAndTheFileIsRead() throws Exception {
    Path file = Files.writeString(folder.resolve("c.yaml"), "auth:\n  jwt_secret: " + SECRET + "\n  issuer: me\n");
    assertThat(run("token", "--org", "acme", "--user", "Jörg Ö", "--scope", "consume", "--config", file.toString(),
        "--channels", "acme:planner,*:coder:s-1", "--ttl", "30s")).isZero();
    Principal principal = read("me", List.of(), printed());
    assertThat(principal.userId()).isEqualTo("Jörg Ö");
    assertThat(principal.may(Scope.CONSUME, Channel.parse("acme:planner:x").orElseThrow())).isTrue();
    assertThat(principal.may(Scope.CONSUME, Channel.parse("acme:coder:s-1").orElseThrow())).isTrue();
    assertThat(principal.may(Scope.CONSUME, Channel.parse("acme").orElseThrow())).isFalse();
  }

  @Test
  void serviceSecretIsShownOnceAndItsEntryHoldsOnlyTheHash() {
    assertThat(run("token", "--service", "backend", "--orgs", "acme,globex", "--scopes", "publish,admin", "--ttl",
        "90d")).isZero();
    String secret = printed();
    assertThat(secret).matches("[A-Za-z0-9_-]{43}");
    String said = err.toString(StandardCharsets.UTF_8).strip();
    assertThat(said).startsWith(ENTRY_OF).doesNotContain(secret);
    Principal principal = read("", List.of(said.substring(ENTRY_OF.length())), secret);
    assertThat(principal.name()).isEqualTo("backend");
    assertThat(principal.service()).isTrue();
    assertThat(principal.orgs()).containsExactlyInAnyOrder("acme", "globex");
    assertThat(principal.scopes()).containsExactlyInAnyOrder(Scope.PUBLISH, Scope.ADMIN);
    assertThat(principal.expiresAtMs() - Clock.SYSTEM.wallMs()).isBetween(89 * 86_400_000L, 90 * 86_400_000L + 1_000);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "--user u | --org: needed",
    "--org acme | --user: needed",
    "--org a:b --user u | --org: needed",
    "--org acme --user u --scope publish,subscribe | --scope: words of publish, subscribe, consume, admin",
    "--org acme --user u --ttl 1y | --ttl: a time such as",
    "--org acme --user u --ttl 0s | --ttl: a time such as",
    "--org acme --user u --ttl 367d | --ttl: a time such as",
    "--org acme --user u --channels globex | --channels: a token of acme is for channels of that org only",
    "--org acme --user u --channels acme:: | --channels: org, org:agent or org:agent:session",
    "--org acme --user u --orgs acme | --orgs and --scopes come with --service",
    "--service b | --orgs: needed",
    "--service b --orgs *,acme | --orgs: needed, names or * alone",
    "--service b --orgs acme --scopes fly | --scopes: words of",
    "--service b --orgs acme --user u | --service takes",
    "--service b;c --orgs acme | --service: 1 to 128 of",
    "--org acme --user u --config /absent.yaml | /absent.yaml",
    "--org acme --user u --set x=1 | unknown key x"
  })
  void wrongArgumentsAreNamed(String arguments, String expected) {
    String[] args = Stream.concat(Stream.of("token"), Stream.of(arguments.split(" "))).toArray(String[]::new);
    assertThat(run(args)).isEqualTo(Commands.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("error: ").contains(expected);
    assertThat(out.size()).isZero();
  }

  @Test
  void withoutTheSecretNothingIsSigned() {
    assertThat(run("token", "--org", "acme", "--user", "u")).isEqualTo(Commands.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("error: auth.jwt_secret is missing: give the node's configuration with --config FILE,")
        .doesNotContain("default:");
    assertThat(run("token", "--org", "acme", "--user", "u", "--set", "auth.jwks_url=https://id.example/keys"))
        .isEqualTo(Commands.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("auth.jwt_secret: not set");
    assertThat(run("token", "--org", "acme", "--user", "u", "--set", "auth.jwt_secret=hunter2"))
        .isEqualTo(Commands.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("at least 32").doesNotContain("hunter2");
    assertThat(out.size()).isZero();
  }

  private Principal read(String issuer, List<String> services, String token) {
    CortexConfig.Auth config =
        new CortexConfig.Auth(SECRET, "", issuer, "cortex", services, CortexConfig.Auth.LocalAuth.ORIGIN);
    return Tokens.open(VERTX, config, Clock.SYSTEM).result().any(token).result();
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  private static int run(String... args) {
    return Commands.run(args);
  }
}
