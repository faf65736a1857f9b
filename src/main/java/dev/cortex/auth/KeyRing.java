package dev.cortex.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import dev.cortex.base.Pure;
import dev.cortex.config.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The keys that users' tokens are checked with. The kind of each key says which algorithm it is for, so that a token
 * can only name one that a key of ours has, and a public key is never taken for a secret. Immutable.
 */
@Pure
final class KeyRing {

  /** What a signature is worth. */
  enum Verdict {
    /** Made with one of these keys. */
    GOOD,
    /** Not made with the key it names, or of an algorithm that no key here is for. */
    FORGED,
    /** Of an algorithm that published keys are for, but not made with one that is known here. */
    UNKNOWN_KEY
  }

  private static final int SECRET_BYTES_MIN = 32;
  private static final int RSA_BITS_MIN = 2_048;
  private static final int RSA_BITS_MAX = 8_192;
  private static final int PUBLISHED_MAX = 32;

  /** How many keys are tried with a token that names none; each try costs a verification. */
  private static final int TRIED_MAX = 4;

  /** What of a published key is looked at; never its private part, nor certificates. */
  private static final Set<String> MEMBERS =
      Set.of("kty", "n", "e", "crv", "x", "y", "kid", "use", "alg", "key_ops");

  private final Optional<Verifier> secret;
  private final List<Verifier> published;
  private final boolean mayPublish;

  /** A key and the only algorithm it is for; the id is empty for a key without one. */
  private record Verifier(String keyId, JWSAlgorithm algorithm, JWSVerifier verifier) {

    boolean verifies(UserToken token) {
      try {
        // a header of our own: nothing that the token's says reaches the verifier
        return verifier.verify(new JWSHeader(algorithm), token.signed(), new Base64URL(token.signature()));
      } catch (JOSEException e) {
        return false;
      }
    }
  }

  private KeyRing(Optional<Verifier> secret, List<Verifier> published, boolean mayPublish) {
    this.secret = secret;
    this.published = published;
    this.mayPublish = mayPublish;
  }

  /**
   * The keys of a configuration, none published yet.
   *
   * @param secret shared with the issuer, its UTF-8 bytes being the key; empty for none
   * @param mayPublish whether an issuer publishes keys
   * @throws ConfigException for a secret shorter than a signature
   */
  static KeyRing of(String secret, boolean mayPublish) {
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0 && bytes.length < SECRET_BYTES_MIN) {
      throw new ConfigException("auth.jwt_secret: must have at least " + SECRET_BYTES_MIN + " bytes");
    }
    try {
      Optional<Verifier> own =
          bytes.length == 0
              ? Optional.empty()
              : Optional.of(new Verifier("", JWSAlgorithm.HS256, new MACVerifier(bytes)));
      return new KeyRing(own, List.of(), mayPublish);
    } catch (JOSEException e) {
      throw new ConfigException("auth.jwt_secret: cannot be used: " + e.getMessage());
    }
  }

  /**
   * The same secret with these published keys. Keys of other kinds, purposes or sizes are left out.
   *
   * @param keySet a JSON Web Key Set
   * @throws IOException when it is none, or holds no key that can be used
   */
  KeyRing withPublished(byte[] keySet) throws IOException {
    if (!(StrictJson.object(keySet).get("keys") instanceof List<?> listed)) {
      throw new IOException("no key set");
    }
    List<Verifier> usable = new ArrayList<>();
    for (Object each : listed.subList(0, Math.min(PUBLISHED_MAX, listed.size()))) {
      verifier(each).ifPresent(usable::add);
    }
    if (usable.isEmpty()) {
      throw new IOException("no RS256 or ES256 key in the key set");
    }
    return new KeyRing(secret, List.copyOf(usable), mayPublish);
  }

  /** Whether there is a published key to try this token with. */
  boolean hasKeyFor(UserToken token) {
    return candidates(token).findAny().isPresent();
  }

  /** Checks a signature; one by a published key takes long, see {@link Verifications}. */
  Verdict verify(UserToken token) {
    if (token.algorithm().equals(JWSAlgorithm.HS256.getName())) {
      return secret.filter(own -> own.verifies(token)).isPresent() ? Verdict.GOOD : Verdict.FORGED;
    }
    if (!isPublishedKind(token)) {
      return Verdict.FORGED;
    }
    List<Verifier> candidates = candidates(token).limit(TRIED_MAX).toList();
    if (candidates.stream().anyMatch(key -> key.verifies(token))) {
      return Verdict.GOOD;
    }
    return candidates.isEmpty() || token.keyId().isEmpty() ? Verdict.UNKNOWN_KEY : Verdict.FORGED;
  }

  /** Whether published keys decide about this token. */
  boolean isPublishedKind(UserToken token) {
    String named = token.algorithm();
    return mayPublish && (named.equals(JWSAlgorithm.RS256.getName()) || named.equals(JWSAlgorithm.ES256.getName()));
  }

  private Stream<Verifier> candidates(UserToken token) {
    return published.stream()
        .filter(key -> key.algorithm().getName().equals(token.algorithm()))
        .filter(key -> token.keyId().isEmpty() || token.keyId().get().equals(key.keyId()));
  }

  private static Optional<Verifier> verifier(Object listed) {
    if (!(listed instanceof Map<?, ?> all)) {
      return Optional.empty();
    }
    Map<String, Object> members = new HashMap<>();
    all.forEach((name, value) -> {
      if (name instanceof String text && MEMBERS.contains(text)) {
        members.put(text, value);
      }
    });
    try {
      JWK key = JWK.parse(members);
      String keyId = Optional.ofNullable(key.getKeyID()).orElse("");
      if (key instanceof RSAKey rsa && isFor(key, JWSAlgorithm.RS256) && isSized(rsa)) {
        return Optional.of(new Verifier(keyId, JWSAlgorithm.RS256, new RSASSAVerifier(rsa)));
      }
      if (key instanceof ECKey ec && isFor(key, JWSAlgorithm.ES256) && Curve.P_256.equals(ec.getCurve())) {
        return Optional.of(new Verifier(keyId, JWSAlgorithm.ES256, new ECDSAVerifier(ec)));
      }
      return Optional.empty();
    } catch (ParseException | JOSEException | RuntimeException unusable) {
      // one key that cannot be read must not shut out the holders of the others
      return Optional.empty();
    }
  }

  private static boolean isFor(JWK key, JWSAlgorithm algorithm) {
    boolean use = key.getKeyUse() == null || KeyUse.SIGNATURE.equals(key.getKeyUse());
    boolean named = key.getAlgorithm() == null || algorithm.getName().equals(key.getAlgorithm().getName());
    boolean operation = key.getKeyOperations() == null || key.getKeyOperations().contains(KeyOperation.VERIFY);
    return use && named && operation;
  }

  private static boolean isSized(RSAKey key) {
    return key.size() >= RSA_BITS_MIN && key.size() <= RSA_BITS_MAX;
  }
}
