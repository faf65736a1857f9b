package dev.cortex.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.impl.ECDSA;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.cortex.config.CortexConfig;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Makes tokens of any shape, well formed or not, byte for byte as a test says. */
final class Mint {

  static final String SECRET = "a secret of thirty-two bytes, öä";
  static final String ISSUER = "https://id.example";
  static final String AUDIENCE = "cortex";
  static final String HS256 = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

  private Mint() {}

  /** The part of a configuration that tokens are about. */
  static CortexConfig.Auth config(String secret, String jwksUrl, String... services) {
    return new CortexConfig.Auth(
        secret, jwksUrl, ISSUER, AUDIENCE, List.of(services), CortexConfig.Auth.LocalAuth.ORIGIN);
  }

  /** Claims that keep every rule at the start of a {@link HandClock}. */
  static JsonObject claims() {
    long now = HandClock.START_MS / 1_000;
    return new JsonObject()
        .put("sub", "user-1")
        .put("org", "acme")
        .put("iss", ISSUER)
        .put("aud", AUDIENCE)
        .put("iat", now)
        .put("exp", now + 3_600)
        .put("scope", "publish subscribe");
  }

  static String hs256(String header, String claims) {
    return hs256(header, claims, SECRET.getBytes(StandardCharsets.UTF_8));
  }

  static String hs256(String header, String claims, byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      String signed = part(header) + '.' + part(claims);
      return signed + '.' + part(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static String rs256(RSAKey key, String claims) {
    return rs256(key, new JsonObject().put("alg", "RS256").put("kid", key.getKeyID()).encode(), claims);
  }

  static String rs256(RSAKey key, String header, String claims) {
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key.toPrivateKey());
      return signed(signature, header, claims, 0);
    } catch (GeneralSecurityException | JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static String es256(ECKey key, String claims) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key.toECPrivateKey());
      String header = new JsonObject().put("alg", "ES256").put("kid", key.getKeyID()).encode();
      return signed(signature, header, claims, ECDSA.getSignatureByteArrayLength(JWSAlgorithm.ES256));
    } catch (GeneralSecurityException | JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static RSAKey rsa(String keyId, int bits) {
    try {
      return new RSAKeyGenerator(bits, true).keyID(keyId).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  static ECKey ec(String keyId, Curve curve) {
    try {
      return new ECKeyGenerator(curve).keyID(keyId).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A key set of the public halves, as an issuer publishes them. */
  static String keySet(com.nimbusds.jose.jwk.JWK... keys) {
    JsonArray all = new JsonArray();
    for (com.nimbusds.jose.jwk.JWK key : keys) {
      all.add(new JsonObject(key.toPublicJWK().toJSONString()));
    }
    return new JsonObject().put("keys", all).encode();
  }

  static String part(String text) {
    return part(text.getBytes(StandardCharsets.UTF_8));
  }

  static String part(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String signed(Signature signature, String header, String claims, int joseBytes)
      throws GeneralSecurityException, JOSEException {
    String text = part(header) + '.' + part(claims);
    signature.update(text.getBytes(StandardCharsets.US_ASCII));
    byte[] made = signature.sign();
    return text + '.' + part(joseBytes == 0 ? made : ECDSA.transcodeSignatureToConcat(made, joseBytes));
  }
}
