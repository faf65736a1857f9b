package dev.cortex.testing.process;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A user's token as an issuer would sign it, made without the code that will read it. */
public final class SignedToken {

  private SignedToken() {}

  /**
   * Signs claims by HS256, with the audience of the default configuration.
   *
   * @param scope words separated by spaces
   * @param seconds until it expires
   */
  public static String of(String secret, String org, String user, String scope, long seconds) {
    long now = System.currentTimeMillis() / 1000;
    JsonObject claims =
        new JsonObject()
            .put("sub", user)
            .put("org", org)
            .put("aud", "cortex")
            .put("scope", scope)
            .put("iat", now)
            .put("exp", now + seconds);
    String signed = part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + '.' + part(claims.encode());
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return signed + '.' + encoded(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK signs by HmacSHA256", e);
    }
  }

  private static String part(String json) {
    return encoded(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
