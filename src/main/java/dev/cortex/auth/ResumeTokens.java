package dev.cortex.auth;

import dev.cortex.base.Clock;
import dev.cortex.event.Principal;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Issues and checks resume tokens: proof that a client once held a connection, good for the same principal only.
 * Opaque, URL-safe text, signed with a secret that every node of a store shares.
 *
 * <p>Bytes: version 1, expiry (8, Unix ms), whose connection (16, hash of the principal), the connection's name in
 * UTF-8, signature (32).
 */
public final class ResumeTokens {

  /** How long one is good: past a working day, for it is given once, when a connection opens. */
  static final long VALID_MS = 24 * 3_600_000L;

  private static final String ALGORITHM = "HmacSHA256";
  private static final byte VERSION = 1;
  private static final int HOLDER_BYTES = 16;
  private static final int SIGNATURE_BYTES = 32;
  private static final int HEAD_BYTES = 1 + Long.BYTES + HOLDER_BYTES;
  private static final int CONNECTION_BYTES_MAX = 256;
  private static final int CHARS_MAX = (HEAD_BYTES + CONNECTION_BYTES_MAX + SIGNATURE_BYTES) * 4 / 3 + 4;

  private final SecretKeySpec key;
  private final Clock clock;

  /**
   * Creates the tokens of a cluster.
   *
   * @param secret at least 16 bytes, the same on every node
   * @throws IllegalArgumentException for a shorter secret
   */
  public ResumeTokens(byte[] secret, Clock clock) {
    if (secret.length < 16) {
      throw new IllegalArgumentException("a secret of " + secret.length + " bytes is too short");
    }
    // a key of its own, so that nothing signed elsewhere with the same secret is ever a resume token
    byte[] own = hmac(new SecretKeySpec(secret, ALGORITHM), "cortex resume token".getBytes(StandardCharsets.US_ASCII));
    this.key = new SecretKeySpec(own, ALGORITHM);
    this.clock = clock;
  }

  /**
   * A token for a connection that just opened.
   *
   * @param connection its name, 1 to 256 bytes in UTF-8
   */
  public String issue(String connection, Principal principal) {
    byte[] name = connection.getBytes(StandardCharsets.UTF_8);
    if (name.length < 1 || name.length > CONNECTION_BYTES_MAX) {
      throw new IllegalArgumentException("a connection's name has 1 to 256 bytes, not " + name.length);
    }
    byte[] body =
        ByteBuffer.allocate(HEAD_BYTES + name.length)
            .put(VERSION)
            .putLong(clock.wallMs() + VALID_MS)
            .put(holder(principal))
            .put(name)
            .array();
    byte[] signed = Arrays.copyOf(body, body.length + SIGNATURE_BYTES);
    System.arraycopy(hmac(key, body), 0, signed, body.length, SIGNATURE_BYTES);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(signed);
  }

  /**
   * The connection that a token of this principal names; empty for a token that is malformed, forged, expired, or was
   * given to anybody else. Which of these it was, nobody is told.
   */
  public Optional<String> verify(String token, Principal principal) {
    if (token.length() > CHARS_MAX) {
      return Optional.empty();
    }
    try {
      byte[] signed = Base64.getUrlDecoder().decode(token);
      int length = Math.max(0, signed.length - SIGNATURE_BYTES);
      byte[] body = Arrays.copyOf(signed, length);
      byte[] signature = Arrays.copyOfRange(signed, length, signed.length);
      if (!MessageDigest.isEqual(signature, hmac(key, body))) {
        return Optional.empty();
      }
      ByteBuffer read = ByteBuffer.wrap(body);
      byte version = read.get();
      long expiresAtMs = read.getLong();
      byte[] given = new byte[HOLDER_BYTES];
      read.get(given);
      boolean good =
          version == VERSION && clock.wallMs() < expiresAtMs && MessageDigest.isEqual(given, holder(principal));
      return good ? Optional.of(StandardCharsets.UTF_8.decode(read).toString()) : Optional.empty();
    } catch (IllegalArgumentException | BufferUnderflowException malformed) {
      return Optional.empty();
    }
  }

  /** Who a principal is, whatever it may do at the moment: a renewed token belongs to the same one. */
  private static byte[] holder(Principal principal) {
    StringBuilder text = new StringBuilder(principal.service() ? "service" : "user");
    text.append('\n').append(principal.name().length()).append(':').append(principal.name());
    new TreeSet<>(principal.orgs()).forEach(org -> text.append('\n').append(org));
    return Arrays.copyOf(Sha256.of(text.toString()), HOLDER_BYTES);
  }

  private static byte[] hmac(SecretKeySpec key, byte[] text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac.doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }
}
