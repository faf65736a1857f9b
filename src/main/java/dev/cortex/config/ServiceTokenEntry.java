package dev.cortex.config;

import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One item of {@code auth.service_tokens}: which secret lets a back-end service in, and what it may do. Kept as the
 * secret's hash, {@code name=backend;orgs=acme|globex;scopes=publish;expires=2027-01-31T00:00:00Z;sha256=<64 hex>};
 * anything else is a bare secret, for development.
 *
 * @param name of the service
 * @param orgs it serves; empty means every org
 * @param scopes words of what it may do
 * @param expiresAtMs when that ends, Unix milliseconds; {@link Long#MAX_VALUE} when it does not
 * @param sha256 of the secret, 64 lower-case hex digits
 * @param bare whether the configuration held the secret itself
 */
@Pure
public record ServiceTokenEntry(
    String name, List<String> orgs, List<String> scopes, long expiresAtMs, String sha256, boolean bare) {

  /** Every word of a token's scope. */
  public static final List<String> SCOPES = List.of("publish", "subscribe", "consume", "admin");

  /** The shortest bare secret, in characters. */
  static final int SECRET_CHARS_MIN = 24;

  private static final int SECRET_CHARS_MAX = 512;
  private static final Set<String> FIELDS = Set.of("name", "orgs", "scopes", "expires", "sha256");
  private static final String EVERY_ORG = "*";

  /**
   * Reads an item.
   *
   * @throws IllegalArgumentException when it is neither, with what is wrong and nothing of a secret
   */
  public static ServiceTokenEntry parse(String text) {
    return text.startsWith("name=") ? structured(text) : bare(text);
  }

  /** The hash under which a secret is known. */
  public static String hash(String secret) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The item as it stands in a configuration. */
  public String text() {
    return "name=" + name
        + ";orgs=" + (orgs.isEmpty() ? EVERY_ORG : String.join("|", orgs))
        + ";scopes=" + String.join("|", scopes)
        + ";expires=" + Instant.ofEpochMilli(expiresAtMs)
        + ";sha256=" + sha256;
  }

  private static ServiceTokenEntry bare(String secret) {
    boolean plain = secret.chars().allMatch(c -> c > ' ' && c < 127 && c != ';');
    require(
        plain && secret.length() >= SECRET_CHARS_MIN && secret.length() <= SECRET_CHARS_MAX,
        "a bare secret has " + SECRET_CHARS_MIN + " to " + SECRET_CHARS_MAX
            + " visible ASCII characters and no semicolon; an entry begins with name=");
    return new ServiceTokenEntry(
        "service", List.of(), List.of("publish", "subscribe", "consume"), Long.MAX_VALUE, hash(secret), true);
  }

  private static ServiceTokenEntry structured(String text) {
    Map<String, String> fields = new HashMap<>();
    for (String part : text.split(";", -1)) {
      int equals = part.indexOf('=');
      String field = equals < 0 ? "" : part.substring(0, equals);
      require(FIELDS.contains(field), "an entry consists of name=, orgs=, scopes=, expires= and sha256=");
      require(fields.put(field, part.substring(equals + 1)) == null, "an entry has one " + field + "=");
    }
    FIELDS.forEach(field -> require(fields.containsKey(field), "an entry needs " + field + "="));
    require(Shapes.name(fields.get("name")), "name= is 1 to 128 of A-Z a-z 0-9 . _ ~ -");
    List<String> orgs = items(fields.get("orgs"));
    boolean every = orgs.equals(List.of(EVERY_ORG));
    require(every || orgs.stream().allMatch(Shapes::name), "orgs= is names joined by |, or * for every org");
    List<String> scopes = items(fields.get("scopes"));
    require(SCOPES.containsAll(scopes), "scopes= is words of " + String.join(", ", SCOPES) + " joined by |");
    String sha256 = fields.get("sha256").toLowerCase(Locale.ROOT);
    require(sha256.matches("[0-9a-f]{64}"), "sha256= is 64 hex digits");
    return new ServiceTokenEntry(
        fields.get("name"), every ? List.of() : orgs, scopes, timeMs(fields.get("expires")), sha256, false);
  }

  private static List<String> items(String text) {
    return List.of(text.split("\\|", -1)).stream().distinct().toList();
  }

  private static long timeMs(String text) {
    try {
      return Instant.parse(text).toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new IllegalArgumentException("expires= is a time such as 2027-01-31T00:00:00Z", e);
    }
  }

  private static void require(boolean good, String otherwise) {
    if (!good) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
