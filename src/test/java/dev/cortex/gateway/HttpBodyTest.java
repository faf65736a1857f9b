package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawHttp.Answer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are too large, cut short, announced wrongly or sent in odd ways. */
@Timeout(300)
class HttpBodyTest {

  private static final String HEAD =
      "POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  private static final String EVENT = "{\"orgId\":\"body\",\"type\":\"t\"}";
  private static final int MAX = 36 << 20;

  @TempDir static Path folder;
  static DesktopServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DesktopServer.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @AfterEach
  void serverIsUnharmed() throws Exception {
    assertThat(server.publish(EVENT).getString("status")).isEqualTo("accepted");
  }

  @ParameterizedTest
  @ValueSource(strings = {"37748737", "9223372036854775807", "99999999999999999999999"})
  void tooLargeABodyIsRefusedByItsAnnouncementAlone(String length) throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Content-Length: " + length + "\r\n\r\n");
      Answer answer = http.answer();
      assertThat(answer.status()).isIn(413, 400);
      assertThat(http.ends()).isTrue();
    }
  }

  @Test
  void clientThatGoesOnSendingTooLargeABodyReadsTheRefusal() throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Content-Length: " + (MAX + 1) + "\r\n\r\n");
      byte[] part = new byte[1 << 20];
      for (int i = 0; i < 8; i++) {
        http.send(part);
      }
      assertThat(http.answer().status()).isEqualTo(413);
    }
  }

  @Test
  void tooLargeABodyInChunksIsRefusedOnTheWay() throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Transfer-Encoding: chunked\r\n\r\n");
      byte[] part = new byte[1 << 20];
      for (int i = 0; i < 38; i++) {
        http.send("100000\r\n");
        http.send(part);
        http.send("\r\n");
      }
      assertThat(http.answer().status()).isEqualTo(413);
      assertThat(http.ends()).isTrue();
    }
  }

  @Test
  void bodyInSmallChunksIsPutTogether() throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Transfer-Encoding: chunked\r\n\r\n");
      for (char c : EVENT.toCharArray()) {
        http.send("1;extension=x\r\n" + c + "\r\n");
      }
      http.send("0\r\nTrailer: x\r\n\r\n");
      assertThat(http.answer().status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "Content-Length: -1", "Content-Length: abc", "Content-Length: 1.5", "Content-Length: 0x10", "Content-Length: +5",
    "Content-Length: 5, 6", "Content-Length: 5\r\nContent-Length: 6", "Content-Length:",
    "Transfer-Encoding: gzip, chunked, x"})
  void lengthThatIsNoneIsRefused(String header) throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + header + "\r\n\r\n" + EVENT);
      assertThat(http.answer().status()).isBetween(400, 499);
      assertThat(http.ends()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz\r\n", "-5\r\nabc", "FFFFFFFFFFFFFFFFF\r\nx", "5\r\nabcdefgh\r\n"})
  void brokenChunkIsRefused(String chunk) throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n");
      try {
        assertThat(http.answer().status()).isBetween(400, 499);
      } catch (IOException closed) {
        assertThat(closed).as("at least the connection ends").hasMessageContaining("ended");
      }
      assertThat(http.ends()).isTrue();
    }
  }

  @Test
  void bodyShorterThanAnnouncedIsNotPublished() throws Exception {
    String cursor = server.cursor("body");
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Content-Length: 1000\r\n\r\n" + EVENT);
      http.endOutput();
      assertThat(http.ends()).isTrue();
    }
    assertThat(server.get("/api/events/since?cursor=" + cursor).status()).isEqualTo(204);
  }

  @Test
  void bodyLongerThanAnnouncedIsCutAndTheRestIsNoRequest() throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Content-Length: " + EVENT.length() + "\r\n\r\n" + EVENT + "EXTRA\r\n\r\n");
      assertThat(http.answer().status()).isEqualTo(200);
      assertThat(http.answer().status()).isEqualTo(400);
      assertThat(http.ends()).isTrue();
    }
  }

  @Test
  void bodyThatComesByteByByteIsTaken() throws Exception {
    try (RawHttp http = server.http()) {
      String request = HEAD + "Content-Length: " + EVENT.length() + "\r\n\r\n" + EVENT;
      for (char c : request.toCharArray()) {
        http.send(String.valueOf(c));
      }
      assertThat(http.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void clientThatAsksBeforehandIsToldToContinue() throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Expect: 100-continue\r\nContent-Length: " + EVENT.length() + "\r\n\r\n");
      assertThat(http.answer().status()).isEqualTo(100);
      http.send(EVENT);
      assertThat(http.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void clientThatAsksBeforehandIsSparedATooLargeBody() throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Expect: 100-continue\r\nContent-Length: " + (MAX + 1) + "\r\n\r\n");
      assertThat(http.answer().status()).isEqualTo(413);
    }
  }

  @Test
  void unknownExpectationIsNoServerError() throws Exception {
    try (RawHttp http = server.http()) {
      http.send(HEAD + "Expect: miracles\r\nContent-Length: " + EVENT.length() + "\r\n\r\n" + EVENT);
      assertThat(http.answer().status()).isLessThan(500);
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws Exception {
    try (RawHttp http = server.http()) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        String event = "{\"id\":\"pipe-" + i + "\",\"orgId\":\"pipe\",\"type\":\"t\"}";
        all.append(HEAD).append("Content-Length: ").append(event.length()).append("\r\n\r\n").append(event);
        all.append("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
      }
      http.send(all.toString());
      for (int i = 0; i < 50; i++) {
        assertThat(http.answer().text()).contains("\"pipe-" + i + "\"").contains("\"offset\":" + (i + 1) + "}");
        assertThat(http.answer().json().getString("status")).isEqualTo("UP");
      }
    }
  }

  @Test
  void clientsThatLeaveInTheMiddleOfABodyHarmNobody() throws Exception {
    for (int i = 0; i < 100; i++) {
      RawHttp http = server.http();
      http.send(HEAD + "Content-Length: 100000\r\n\r\n" + "x".repeat(50_000));
      if (i % 2 == 0) {
        http.reset();
      } else {
        http.close();
      }
    }
    assertThat(server.get("/health").status()).isEqualTo(200);
  }
}
