package dev.cortex.auth;

import dev.cortex.base.Pure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A signed token taken apart, nothing of it believed yet. Only the compact form of three parts with plain claims is
 * read; members of the header that would bring a key along are not looked at.
 *
 * @param algorithm the {@code alg} member, as it stands
 * @param keyId the {@code kid} member
 * @param claims see {@link StrictJson}
 * @param signed the bytes that the signature is over
 * @param signature the last part as it stands, base64url
 */
@Pure
record UserToken(
    String algorithm, Optional<String> keyId, Map<String, Object> claims, byte[] signed, String signature) {

  /** Members that change what a token means: understood by nobody here, so that they are refused. */
  private static final Set<String> FOREIGN = Set.of("crit", "b64", "zip", "enc", "cty");

  private static final Set<String> TYPES = Set.of("jwt", "at+jwt");
  private static final int KEY_ID_CHARS_MAX = 256;

  /** Reads a token; empty when the text is none that could ever be accepted. */
  static Optional<UserToken> parse(String text) {
    if (text.length() > ShownToken.CHARS_MAX) {
      return Optional.empty();
    }
    String[] parts = text.split("\\.", -1);
    if (parts.length != 3 || parts[2].isEmpty()) {
      return Optional.empty();
    }
    try {
      Map<String, Object> header = StrictJson.object(bytes(parts[0]));
      Map<String, Object> claims = StrictJson.object(bytes(parts[1]));
      bytes(parts[2]);
      if (!(header.get("alg") instanceof String algorithm) || !isPlain(header)) {
        return Optional.empty();
      }
      Optional<String> keyId = Optional.ofNullable((String) header.get("kid"));
      byte[] signed = (parts[0] + '.' + parts[1]).getBytes(StandardCharsets.US_ASCII);
      return Optional.of(new UserToken(algorithm, keyId, claims, signed, parts[2]));
    } catch (IOException | IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  private static boolean isPlain(Map<String, Object> header) {
    Object type = header.getOrDefault("typ", "JWT");
    Object keyId = header.getOrDefault("kid", "");
    return FOREIGN.stream().noneMatch(header::containsKey)
        && type instanceof String word
        && TYPES.contains(bare(word))
        && keyId instanceof String id
        && id.length() <= KEY_ID_CHARS_MAX;
  }

  private static String bare(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.startsWith("application/") ? lower.substring("application/".length()) : lower;
  }

  /** Decodes canonical base64url without padding: of two texts with the same bytes, one is accepted. */
  private static byte[] bytes(String part) {
    byte[] decoded = Base64.getUrlDecoder().decode(part);
    if (!Base64.getUrlEncoder().withoutPadding().encodeToString(decoded).equals(part)) {
      throw new IllegalArgumentException("not canonical");
    }
    return decoded;
  }
}
