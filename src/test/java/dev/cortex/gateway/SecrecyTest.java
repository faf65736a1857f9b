package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.auth.Redaction;
import dev.cortex.testing.CloudNode;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import dev.cortex.testing.UserToken;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens go in by every door, and come out neither in an answer nor in the log; payloads are not logged either. */
@Timeout(300)
class SecrecyTest {

  private static final String MARK = "mArKeR0f5ecret";
  private static final String UPGRADE =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

  private static final Pattern HEAD = Pattern.compile("(?s).*?\r\n\r\n");
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

  /** An answer with the rid that was sent, or the first byte of a close frame with its length. */
  private static final Pattern ANSWERED = Pattern.compile("\"rid\":1[^}]*}|\u0088[\u0002-\u007d]");


  /** Everything that any class of ours or of the libraries logs, at every level, as the process's log writes it. */
  private static final class Listening extends Handler {

    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void publish(LogRecord record) {
      StringBuilder line = new StringBuilder(record.getLoggerName() + ": " + record.getMessage());
      for (Throwable each = record.getThrown(); each != null; each = each.getCause()) {
        line.append(" / ").append(each);
      }
      lines.add(Redaction.redacted(line.toString()));
    }

    @Override
    public void flush() {
      // nothing is held back
    }

    @Override
    public void close() {
      // nothing to close
    }
  }

  @TempDir Path folder;
  private final Logger root = Logger.getLogger("");
  private final Logger ours = Logger.getLogger("dev.cortex");
  private final Logger vertx = Logger.getLogger("io.vertx");
  private final Listening log = new Listening();
  private CloudNode node;

  @BeforeEach
  void start() throws Exception {
    log.setLevel(Level.ALL);
    root.addHandler(log);
    ours.setLevel(Level.ALL);
    vertx.setLevel(Level.ALL);
    node = CloudNode.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
    root.removeHandler(log);
    ours.setLevel(null);
    vertx.setLevel(null);
  }

  /** Says something, and something more once that was answered; reads up to the end of the last answer. */
  private static String exchange(int port, byte[]... said) throws IOException {
    try (Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port)) {
      socket.setSoTimeout(10_000);
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      StringBuilder heard = new StringBuilder();
      for (byte[] part : said) {
        int before = heard.length();
        out.write(part);
        out.flush();
        for (int b = in.read(); b >= 0; b = in.read()) {
          heard.append((char) b);
          if (isAnswer(heard, before)) {
            break;
          }
        }
      }
      return heard.toString();
    }
  }

  /** Whether what follows that place is an answer with all of its body, or as much of it as ever ends. */
  private static boolean isAnswer(CharSequence heard, int from) {
    if (from > 0) {
      return ANSWERED.matcher(heard).find(from);
    }
    Matcher head = HEAD.matcher(heard);
    if (!head.lookingAt()) {
      return false;
    }
    Matcher length = LENGTH.matcher(head.group());
    return !length.find() || heard.length() - head.end() == Integer.parseInt(length.group(1));
  }

  private String request(String line, String... headers) {
    StringBuilder text = new StringBuilder(line).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    return text.append("\r\n").toString();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] frame(String text) {
    return RawWebSocket.encoded(0x81, true, utf8(text));
  }

  @Test
  void noTokenIsEverSaidAgainAndNoPayloadIsLogged() throws Exception {
    String good = UserToken.of("acme").user("user." + MARK).text();
    // of a good token only its parts are secret: the claims are shown to nobody either, but the user's name is
    List<String> secrets = List.of(good.substring(good.lastIndexOf('.') + 1), "bad" + MARK);
    List<String> notLogged = List.of(secrets.get(0), secrets.get(1), "payload" + MARK);
    List<String> heard = new ArrayList<>();
    for (String token : List.of(good, "bad" + MARK + ".b.c", "bad" + MARK + "%00")) {
      for (String path : List.of("/api/ws", "/api/stream", "/api/events/since", "/metrics", "/nowhere")) {
        for (int port : List.of(node.port(), node.internalPort())) {
          String query = path + "?channel=acme&cursor=0&token=" + token;
          heard.add(exchange(port, utf8(request("GET " + query, "Connection: close"))));
          heard.add(exchange(port, utf8(request("GET " + query, UPGRADE))));
          heard.add(exchange(port, utf8(request("GET " + path, UPGRADE, "Authorization: Bearer " + token))));
          heard.add(exchange(port, utf8(request(
              "GET " + path, UPGRADE, "Sec-WebSocket-Protocol: cortex.v1, " + token.replace('%', '_')))));
        }
      }
      for (String path : List.of("/api/events", "/broadcast", "/ingest")) {
        String body = "{\"type\":\"t\",\"payload\":{\"text\":\"payload" + MARK + "\"}}";
        String length = "Content-Length: " + body.length();
        String json = "Content-Type: application/json";
        heard.add(exchange(node.port(), utf8(request("POST " + path + "?token=" + token, json, length) + body)));
        heard.add(exchange(
            node.port(), utf8(request("POST " + path, json, length, "Authorization: Bearer " + token) + body)));
      }
    }
    String upgrade = request(
        "GET /api/ws?subscribe=none&token=" + good, UPGRADE, "Sec-WebSocket-Protocol: cortex.v1");
    for (String said : List.of(
        "{\"op\":\"resume\",\"rid\":1,\"token\":\"bad" + MARK + "\"}",
        "{\"op\":\"resume\",\"rid\":1,\"token\":[\"bad" + MARK + "\"]}",
        "{\"op\":\"resume\",\"rid\":1,\"token\":\"bad" + MARK,
        "{\"op\":\"publish\",\"rid\":1,\"event\":{\"type\":7,\"payload\":{\"a\":\"payload" + MARK + "\"}}}",
        "{\"op\":\"publish\",\"rid\":1,\"event\":{\"type\":\"t\",\"payload\":\"payload" + MARK + "\"}}",
        "{\"op\":\"publish\",\"rid\":1,\"event\":{\"type\":\"t\",\"payload\":{\"payload" + MARK)) {
      heard.add(exchange(node.port(), utf8(upgrade), frame(said)));
    }
    for (String secret : secrets) {
      assertThat(heard.stream().filter(answer -> answer.contains(secret))).as("answers").isEmpty();
    }
    for (String secret : notLogged) {
      assertThat(log.lines.stream().filter(line -> line.contains(secret))).as("log").isEmpty();
    }
    assertThat(heard).as("nobody was left without an answer").noneMatch(String::isEmpty);
    assertThat(heard).anyMatch(answer -> answer.contains(" 101 ")).anyMatch(answer -> answer.contains(" 401 "));
    assertThat(log.lines).as("the log was listened to").isNotEmpty();
  }

  @Test
  void logOfABrokenRequestNamesItsPathWithoutItsQuery() throws Exception {
    RawHttp.Answer answer = node.ask(
        "GET", "/api/events/since?cursor=nonsense&token=bad" + MARK, "", "Authorization: Bearer "
            + UserToken.of("acme").text());
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.text()).doesNotContain(MARK);
    assertThat(new JsonObject(answer.text()).getString("code")).isEqualTo("unauthorized");
  }
}
