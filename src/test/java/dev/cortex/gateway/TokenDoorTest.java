package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.cortex.testing.DesktopServer;
import dev.cortex.testing.RawHttp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With {@code auth.local_auth: token} only those who can read the token file are heard. */
@Timeout(300)
class TokenDoorTest {

  @TempDir static Path folder;
  static DesktopServer server;
  static String token;

  @BeforeAll
  static void start() throws Exception {
    server = DesktopServer.start(folder, "auth.local_auth=token");
    token = Files.readString(folder.resolve("token")).strip();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static int status(String method, String target, String body, String... headers) throws Exception {
    try (RawHttp http = server.http()) {
      return http.ask(method, target, body, headers).status();
    }
  }

  @Test
  void tokenFileIsForItsOwnerOnly() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("token"))))
        .isEqualTo("rw-------");
  }

  @Test
  void everyDoorAsksForTheToken() throws Exception {
    String event = "{\"orgId\":\"o\",\"type\":\"t\"}";
    for (String wrong : new String[] {"X-Nothing: 1", "Authorization: Bearer", "Authorization: Bearer x" + token,
        "Authorization: Basic " + token, "Authorization: " + token, "Cookie: token=" + token}) {
      assertThat(status("POST", "/api/events", event, "Content-Type: application/json", wrong)).isEqualTo(401);
      assertThat(status("POST", "/ingest", event, "Content-Type: application/json", wrong)).isEqualTo(401);
      assertThat(status("GET", "/api/events/since?cursor=0&orgId=o", "", wrong)).isEqualTo(401);
      assertThat(status("GET", "/api/stream?channel=o", "", wrong)).isEqualTo(401);
      assertThat(status("GET", "/metrics", "", wrong)).isEqualTo(401);
      assertThatIOException().isThrownBy(() -> server.webSocket("", wrong)).withMessageContaining(" 401 ");
    }
    assertThatIOException().isThrownBy(() -> server.webSocket("?token=")).withMessageContaining(" 401 ");
    assertThatIOException().isThrownBy(() -> server.webSocket("?token=%zz")).withMessageContaining(" 401 ");
  }

  @Test
  void tokenOpensEveryDoorInHeaderOrQuery() throws Exception {
    String event = "{\"orgId\":\"o\",\"type\":\"t\"}";
    String bearer = "Authorization: Bearer " + token;
    assertThat(status("POST", "/api/events", event, "Content-Type: application/json", bearer)).isEqualTo(200);
    assertThat(status("POST", "/api/events?token=" + token, event, "Content-Type: application/json")).isEqualTo(200);
    server.webSocket("", bearer).close();
    server.webSocket("?token=" + token).close();
  }

  @Test
  void tokenDoesNotReplaceTheOtherRules() throws Exception {
    String bearer = "Authorization: Bearer " + token;
    assertThat(status("GET", "/metrics", "", bearer, "Host: evil.example")).isEqualTo(403);
    assertThat(status("GET", "/metrics", "", bearer, "Origin: http://evil.example")).isEqualTo(403);
    assertThat(status("GET", "/metrics", "", bearer, "X-Forwarded-For: 1.1.1.1")).isEqualTo(403);
    assertThat(status("GET", "/metrics", "", bearer, bearer)).isEqualTo(401);
    assertThat(status("GET", "/metrics", "", bearer)).isEqualTo(200);
  }

  @Test
  void signsOfLifeNeedNoToken() throws Exception {
    assertThat(status("GET", "/livez", "")).isEqualTo(200);
    assertThat(status("GET", "/readyz", "")).isEqualTo(200);
    assertThat(status("GET", "/client/cortex.js", "")).isIn(200, 404);
  }
}
