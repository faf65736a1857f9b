package dev.cortex.testing;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A user's token, signed with HS256. Immutable: each method returns a changed copy.
 *
 * @param claims what it says
 */
public record UserToken(JsonObject claims) {

  /** The secret that the cast's cloud nodes know. */
  public static final String SECRET = "a-secret-that-only-tests-know-and-use";

  /** The token of {@code user-1} of an org that may publish and subscribe for ten minutes. */
  public static UserToken of(String orgId) {
    long nowSeconds = System.currentTimeMillis() / 1_000;
    return new UserToken(new JsonObject()
        .put("sub", "user-1")
        .put("org", orgId)
        .put("aud", "cortex")
        .put("iat", nowSeconds)
        .put("exp", nowSeconds + 600)
        .put("scope", "publish subscribe"));
  }

  /** With these words of scope instead. */
  public UserToken scope(String scope) {
    return new UserToken(claims.copy().put("scope", scope));
  }

  /** Of another user. */
  public UserToken user(String user) {
    return new UserToken(claims.copy().put("sub", user));
  }

  /** For these channels only. */
  public UserToken channels(String... patterns) {
    return new UserToken(claims.copy().put("channels", new JsonArray(List.of(patterns))));
  }

  /** Over at that time, Unix milliseconds, of which the whole seconds count. */
  public UserToken expiresAt(long unixMs) {
    return new UserToken(claims.copy().put("exp", unixMs / 1_000));
  }

  /** The token as it is shown. */
  public String text() {
    return signed(SECRET);
  }

  /** The token as somebody signs it who knows another secret. */
  public String signed(String secret) {
    String body = base64("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + '.' + base64(claims.encode());
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] signature = mac.doFinal(body.getBytes(StandardCharsets.US_ASCII));
      return body + '.' + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
