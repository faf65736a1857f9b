package dev.cortex.log;

import dev.cortex.event.Position;
import java.security.SecureRandom;
import java.util.Random;

/** Makes log ids: 13 characters of {@code [a-z0-9]}, the first a letter; about 66 bits, so that none comes twice. */
public final class LogIds {

  private static final String CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int LETTERS = 26;

  private final Random random;

  /** Log ids that cannot be guessed. */
  public LogIds() {
    this(new SecureRandom());
  }

  /** Log ids from that source of chance. */
  public LogIds(Random random) {
    this.random = random;
  }

  /** A new log id. */
  public String next() {
    StringBuilder id = new StringBuilder(Position.LOG_ID_LENGTH);
    id.append(CHARACTERS.charAt(random.nextInt(LETTERS)));
    while (id.length() < Position.LOG_ID_LENGTH) {
      id.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
    }
    return id.toString();
  }
}
