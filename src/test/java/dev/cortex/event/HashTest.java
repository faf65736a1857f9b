package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class HashTest {

  private static final String UUID_TEXT = "018f4f7e-7c1a-7cc2-9d2a-f123456789ab";

  @Test
  void canonicalUuidIsItsOwnBits() {
    UUID uuid = UUID.fromString(UUID_TEXT);
    assertThat(KeyHash.isUuid(UUID_TEXT)).isTrue();
    assertThat(KeyHash.of(UUID_TEXT))
        .isEqualTo(new Hash128(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits()));
  }

  @Test
  void otherSpellingsOfAUuidAreOtherKeys() {
    for (String other :
        new String[] {
          UUID_TEXT.toUpperCase(Locale.ROOT), UUID_TEXT.replace("-", ""), UUID_TEXT.replace('-', '_'),
          "{" + UUID_TEXT + "}", "18f4f7e-7c1a-7cc2-9d2a-f123456789ab", UUID_TEXT.replace('f', 'g')
        }) {
      assertThat(KeyHash.isUuid(other)).as(other).isFalse();
      assertThat(KeyHash.of(other)).isEqualTo(KeyHash.hashed(other)).isNotEqualTo(KeyHash.of(UUID_TEXT));
    }
  }

  @Test
  void anyOtherTextIsTheBeginningOfItsSha256() {
    assertThat(KeyHash.of("abc")).isEqualTo(new Hash128(0xba7816bf8f01cfeaL, 0x414140de5dae2223L));
  }

  @Test
  void contentHashSeesTypeAgentSessionAndPayloadAndNothingElse() {
    Hash128 base = ContentHash.of(draft("e", "t", "{}", "a", "s", 1));
    assertThat(ContentHash.of(draft("other", "t", "{}", "a", "s", 2))).isEqualTo(base);
    assertThat(ContentHash.of(draft("e", "u", "{}", "a", "s", 1))).isNotEqualTo(base);
    assertThat(ContentHash.of(draft("e", "t", "{\"x\":1}", "a", "s", 1))).isNotEqualTo(base);
    assertThat(ContentHash.of(draft("e", "t", "{}", "b", "s", 1))).isNotEqualTo(base);
    assertThat(ContentHash.of(draft("e", "t", "{}", "a", "r", 1))).isNotEqualTo(base);
    assertThat(ContentHash.of(draft("e", "t", "{}", "as", "", 1))).isNotEqualTo(base);
    assertThat(ContentHash.of(draft("e", "ta", "{}", "", "s", 1))).isNotEqualTo(base);
  }

  private static Draft draft(String id, String type, String payload, String agent, String session, long sequence) {
    return new Draft(
        id, true, "o", "u", type, payload.getBytes(StandardCharsets.UTF_8), 0, agent, session, sequence, "",
        Priority.STANDARD, "");
  }
}
