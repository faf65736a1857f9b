package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class RedactionTest {

  @ParameterizedTest
  @ValueSource(strings = {
    "GET /api/ws?token=hunter2 failed", "GET /api/ws?channel=a&token=hunter2&x=1", "/ws?TOKEN=hunter2",
    "/ws?t%6fken=hunter2", "/ws?%74%6F%6B%65%6E=hunter2", "/ws?token%3Dhunter2", "/ws?a;token=hunter2;b",
    "wss://h/api/ws?token=hunter2#x", "{\"token\":\"hunter2\"}", "{token=hunter2, x=1}", "token: hunter2",
    "{\"op\" : \"resume\" , \"token\" : \"hunter2\"}", "resumeToken=hunter2", "{\"resumeToken\":\"hunter2\"}",
    "Authorization: Bearer hunter2", "authorization=Bearer hunter2", "[Authorization: Basic hunter2]",
    "authorization: hunter2 hunter2", "BEARER hunter2", "Bearer%20hunter2", "Bearer+hunter2",
    "Sec-WebSocket-Protocol: cortex.v1, hunter2", "sec-websocket-protocol=hunter2",
    "nothing is at /api/eyJhbGciOiJIUzI1NiJ9.eyJzdWIhunter2.c2lnhunter2", "eyJhbGciOiJub25lIn0.eyJzdWIhunter2."
  })
  void tokenIsMasked(String text) {
    assertThat(Redaction.redacted(text)).doesNotContain("hunter2").contains(Redaction.MASK);
  }

  @Test
  void whatStandsAroundATokenStays() {
    assertThat(Redaction.redacted("GET /api/ws?channel=a&token=hunter2&since=7 failed"))
        .isEqualTo("GET /api/ws?channel=a&token=********&since=7 failed");
    assertThat(Redaction.redacted("{\"op\":\"resume\",\"token\":\"hunter2\",\"subscriptions\":[]}"))
        .isEqualTo("{\"op\":\"resume\",\"token\":\"********\",\"subscriptions\":[]}");
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "", "a room moved", "tokens are fine", "auth.service_tokens: the same secret twice", "100 % of 3 eyes",
    "a token is needed", "the bearer", "GET /api/events/since?cursor=eyJ"
  })
  void textWithoutATokenStaysAsItIs(String text) {
    assertThat(Redaction.redacted(text)).isSameAs(text).isEqualTo(text);
  }

  @Test
  void longTextTakesNoLongTime() {
    String text = "token".repeat(20_000) + " " + "eyJ".repeat(20_000) + "bearer ".repeat(20_000) + "%".repeat(50_000);
    assertThat(Redaction.redacted(text)).isNotEmpty();
  }
}
