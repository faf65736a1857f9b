package dev.cortex.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signatures of pushes, as the specification Standard Webhooks 1.0 lays them down: HMAC-SHA256 over message id,
 * timestamp in seconds and raw body, under a secret that is written {@code whsec_} and base64.
 */
public final class WebhookSignature {

  /** Header with the message's id. */
  public static final String ID = "webhook-id";

  /** Header with the second it was signed in. */
  public static final String TIMESTAMP = "webhook-timestamp";

  /** Header with the signatures. */
  public static final String SIGNATURE = "webhook-signature";

  /** How far a timestamp may be from the receiver's clock, in seconds. */
  public static final long WINDOW_SECONDS = 300;

  private static final String PREFIX = "whsec_";
  private static final String VERSION = "v1,";
  private static final String ALGORITHM = "HmacSHA256";
  private static final int SECRET_BYTES = 32;
  private static final int SECRET_BYTES_MIN = 24;
  private static final int SECRET_BYTES_MAX = 64;
  /** More signatures than any sender has secrets. */
  private static final int SIGNATURES_MAX = 8;
  private static final int ID_CHARACTERS_MAX = 256;

  private WebhookSignature() {}

  /** A new secret: 32 random bytes. */
  public static String newSecret(SecureRandom random) {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return PREFIX + Base64.getEncoder().encodeToString(bytes);
  }

  /** Whether a text is a secret of 24 to 64 bytes. */
  public static boolean isSecret(String text) {
    return key(text).isPresent();
  }

  /**
   * The header that signs a message with each of the secrets, which must be {@link #isSecret secrets}.
   *
   * @param seconds Unix seconds
   */
  public static String sign(List<String> secrets, String id, long seconds, byte[] body) {
    StringBuilder header = new StringBuilder();
    for (String secret : secrets) {
      byte[] key = key(secret).orElseThrow(() -> new IllegalArgumentException("no webhook secret"));
      header.append(header.isEmpty() ? "" : " ").append(VERSION)
          .append(Base64.getEncoder().encodeToString(mac(key, id, Long.toString(seconds), body)));
    }
    return header.toString();
  }

  /**
   * Why a message is not to be believed; empty when one of its signatures is that of one of the secrets. Headers that
   * were absent are empty.
   *
   * @param nowMs the receiver's clock, Unix milliseconds
   */
  public static Optional<String> doubt(
      List<String> secrets, String id, String timestamp, String signature, byte[] body, long nowMs) {
    if (id.isEmpty() || timestamp.isEmpty() || signature.isEmpty()) {
      return Optional.of("webhook-id, webhook-timestamp and webhook-signature are required");
    }
    if (id.length() > ID_CHARACTERS_MAX || !id.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return Optional.of("webhook-id is not 1 to 256 printable characters");
    }
    if (!timestamp.matches("[1-9][0-9]{0,14}")) {
      return Optional.of("webhook-timestamp is not in Unix seconds");
    }
    long now = Math.floorDiv(nowMs, 1_000L);
    if (Math.abs(Long.parseLong(timestamp) - now) > WINDOW_SECONDS) {
      return Optional.of("webhook-timestamp is more than " + WINDOW_SECONDS + " s from this clock, which shows " + now);
    }
    String[] words = signature.split(" ");
    if (words.length > SIGNATURES_MAX) {
      return Optional.of("webhook-signature holds more than " + SIGNATURES_MAX + " signatures");
    }
    boolean verified = false;
    for (String secret : secrets) {
      byte[] expected = mac(key(secret).orElseThrow(), id, timestamp, body);
      for (String word : words) {
        verified |= word.startsWith(VERSION) && isEqual(expected, word.substring(VERSION.length()));
      }
    }
    return verified ? Optional.empty() : Optional.of("the signature does not verify");
  }

  private static boolean isEqual(byte[] expected, String base64) {
    // as text, so that one signature has one form
    byte[] text = Base64.getEncoder().encodeToString(expected).getBytes(StandardCharsets.US_ASCII);
    return MessageDigest.isEqual(text, base64.getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<byte[]> key(String secret) {
    if (!secret.startsWith(PREFIX)) {
      return Optional.empty();
    }
    try {
      byte[] key = Base64.getDecoder().decode(secret.substring(PREFIX.length()));
      return key.length >= SECRET_BYTES_MIN && key.length <= SECRET_BYTES_MAX ? Optional.of(key) : Optional.empty();
    } catch (IllegalArgumentException noBase64) {
      return Optional.empty();
    }
  }

  private static byte[] mac(byte[] key, String id, String timestamp, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      mac.update((id + '.' + timestamp + '.').getBytes(StandardCharsets.UTF_8));
      return mac.doFinal(body);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, impossible);
    }
  }
}
