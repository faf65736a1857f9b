package dev.cortex.cli;

import dev.cortex.auth.TokenSigner;
import dev.cortex.base.Clock;
import dev.cortex.config.ConfigException;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.ServiceTokenEntry;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Ids;
import dev.cortex.event.Scope;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The {@code token} command: signs a user's token, or draws the secret of a back-end service. Starts no server. */
@Command(
    name = "token",
    description = {
      "Prints a user's token signed with auth.jwt_secret, as a cloud node with the same configuration reads it.",
      "With --service: draws a secret for a back-end service and prints it once; the entry for auth.service_tokens,",
      "which holds only its hash, goes to standard error."
    })
final class TokenCommand implements Callable<Integer> {

  private static final int SECRET_BYTES = 32;
  private static final Pattern TTL = Pattern.compile("([0-9]{1,8})([smhd])");
  private static final Map<String, Long> UNIT_SECONDS = Map.of("s", 1L, "m", 60L, "h", 3_600L, "d", 86_400L);
  private static final long TTL_SECONDS_MAX = 366 * 86_400L;

  @Option(names = "--org", paramLabel = "ORG", description = "the user's org")
  private Optional<String> org = Optional.empty();

  @Option(names = "--user", paramLabel = "USER", description = "the user")
  private Optional<String> user = Optional.empty();

  @Option(
      names = "--scope",
      paramLabel = "WORDS",
      description = "words of publish, subscribe, consume, admin; default: \"publish subscribe\"")
  private Optional<String> scope = Optional.empty();

  @Option(
      names = "--channels",
      paramLabel = "PATTERNS",
      split = ",",
      description = "channels it is for, with * for any one name; default: all of the org")
  private List<String> channels = new ArrayList<>();

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      description = "how long it is good, such as 30s, 15m, 1h, 7d; default: 1h, for a service 90d")
  private Optional<String> ttl = Optional.empty();

  @Option(names = "--service", paramLabel = "NAME", description = "make a service token of this name instead")
  private Optional<String> service = Optional.empty();

  @Option(names = "--orgs", paramLabel = "ORGS", split = ",", description = "orgs the service serves; * for every one")
  private List<String> orgs = new ArrayList<>();

  @Option(
      names = "--scopes",
      paramLabel = "WORDS",
      split = ",",
      description = "what the service may do; default: publish")
  private List<String> scopes = new ArrayList<>();

  @Option(names = "--config", paramLabel = "FILE", description = "the cloud node's YAML file")
  private Optional<Path> file = Optional.empty();

  @Option(names = "--set", paramLabel = "KEY=VALUE", description = "any setting of the cloud node; repeatable")
  private List<String> sets = new ArrayList<>();

  /** For the command-line library, which fills in the options. */
  TokenCommand() {}

  @Override
  public Integer call() {
    try {
      if (service.isPresent()) {
        printService(service.get());
      } else {
        System.out.println(userToken());
      }
      return 0;
    } catch (ConfigException e) {
      e.problems().forEach(problem -> System.err.println("error: " + problem));
      return Commands.USAGE;
    } catch (IllegalArgumentException e) {
      System.err.println("error: " + e.getMessage());
      return Commands.USAGE;
    }
  }

  private String userToken() {
    require(orgs.isEmpty() && scopes.isEmpty(), "--orgs and --scopes come with --service; a user's are --org, --scope");
    String ofOrg = org.filter(Ids::isName).orElseThrow(() -> wrong("--org: needed, 1 to 128 of A-Z a-z 0-9 . _ ~ -"));
    String ofUser =
        user.filter(Ids::isUserId).orElseThrow(() -> wrong("--user: needed, 1 to 256 printable characters"));
    String words = scope.orElse("publish subscribe");
    Arrays.stream(words.split(" ")).forEach(word -> requireScope("--scope", word));
    TokenSigner.Grant grant = new TokenSigner.Grant(ofOrg, ofUser, words, patterns(ofOrg), ttlSeconds("1h"));
    List<Assignment> assignments = sets.stream().map(Assignment::parse).toList();
    CortexConfig.Auth auth =
        ConfigLoader.load(new ConfigSource("cloud", file, System.getenv(), assignments)).config().auth();
    require(
        !auth.jwtSecret().isEmpty(),
        "auth.jwt_secret: not set; this node checks tokens by auth.jwks_url alone, whose issuer makes them");
    return new TokenSigner(auth.jwtSecret(), auth.issuer(), auth.audience()).sign(grant, Clock.SYSTEM.wallMs());
  }

  private void printService(String name) {
    boolean ofUser = Stream.of(org, user, scope).anyMatch(Optional::isPresent) || !channels.isEmpty();
    require(!ofUser, "--service takes --orgs, --scopes and --ttl; --org, --user, --scope and --channels are a user's");
    require(Ids.isName(name), "--service: 1 to 128 of A-Z a-z 0-9 . _ ~ -");
    boolean every = orgs.equals(List.of("*"));
    require(!orgs.isEmpty() && (every || orgs.stream().allMatch(Ids::isName)), "--orgs: needed, names or * alone");
    List<String> words = scopes.isEmpty() ? List.of("publish") : scopes;
    words.forEach(word -> requireScope("--scopes", word));
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    // whole seconds: people read the entry
    long expiresAtMs = (Clock.SYSTEM.wallMs() / 1_000 + ttlSeconds("90d")) * 1_000;
    ServiceTokenEntry entry =
        new ServiceTokenEntry(
            name, every ? List.of() : orgs, words, expiresAtMs, ServiceTokenEntry.hash(secret), false);
    System.out.println(secret);
    System.err.println("add to auth.service_tokens: " + entry.text());
  }

  private List<ChannelPattern> patterns(String ofOrg) {
    List<ChannelPattern> patterns = new ArrayList<>();
    for (String text : channels) {
      ChannelPattern pattern =
          ChannelPattern.parse(text)
              .orElseThrow(() -> wrong("--channels: org, org:agent or org:agent:session, * for any one name"));
      require(
          pattern.orgId().equals(ofOrg) || pattern.orgId().equals("*"),
          "--channels: a token of " + ofOrg + " is for channels of that org only");
      patterns.add(pattern);
    }
    return patterns;
  }

  private long ttlSeconds(String absent) {
    Matcher matcher = TTL.matcher(ttl.orElse(absent));
    long seconds =
        matcher.matches() ? Long.parseLong(matcher.group(1)) * UNIT_SECONDS.get(matcher.group(2)) : 0;
    require(seconds > 0 && seconds <= TTL_SECONDS_MAX, "--ttl: a time such as 30s, 15m, 1h or 7d, up to 366d");
    return seconds;
  }

  private static void requireScope(String option, String word) {
    require(Scope.of(word).isPresent(), option + ": words of " + String.join(", ", ServiceTokenEntry.SCOPES));
  }

  private static void require(boolean good, String otherwise) {
    if (!good) {
      throw wrong(otherwise);
    }
  }

  private static IllegalArgumentException wrong(String message) {
    return new IllegalArgumentException(message);
  }
}
