package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What makes two events with one key the same event: type, agent, session and payload, without regard to white space
 * between the payload's tokens. The first 128 bits of a SHA-256 over each part with its length before it.
 */
@Pure
public final class ContentHash {

  private ContentHash() {}

  /** The hash of a draft's content. */
  public static Hash128 of(Draft draft) {
    MessageDigest digest = sha256();
    part(digest, draft.type().getBytes(StandardCharsets.UTF_8));
    part(digest, draft.agentId().getBytes(StandardCharsets.UTF_8));
    part(digest, draft.sessionId().getBytes(StandardCharsets.UTF_8));
    part(digest, draft.payload());
    return Hash128.prefix(digest.digest());
  }

  private static void part(MessageDigest digest, byte[] bytes) {
    digest.update(ByteBuffer.allocate(4).putInt(0, bytes.length));
    digest.update(bytes);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
