package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.ByteBuffer;

/**
 * 128 bits that stand for a longer text.
 *
 * @param hi upper 64 bits
 * @param lo lower 64 bits
 */
@Pure
public record Hash128(long hi, long lo) {

  static Hash128 prefix(byte[] digest) {
    ByteBuffer bits = ByteBuffer.wrap(digest);
    return new Hash128(bits.getLong(), bits.getLong());
  }
}
