package dev.cortex.testing;

import io.vertx.core.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An HTTP/1.1 client on a bare socket: it says exactly the bytes it is told to, right or wrong. */
public final class RawHttp implements AutoCloseable {

  private static final int PATIENCE_MS = 60_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  private RawHttp(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /**
   * What came back.
   *
   * @param headers name and value, in order, names in lower case
   */
  public record Answer(int status, List<String[]> headers, byte[] body) {

    /** The first value of a header, empty without one. */
    public String header(String name) {
      return headers.stream()
          .filter(header -> header[0].equals(name.toLowerCase(Locale.ROOT)))
          .map(header -> header[1])
          .findFirst()
          .orElse("");
    }

    /** The body as text. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** The body as JSON. */
    public JsonObject json() {
      return new JsonObject(text());
    }

    /** The error code of a problem document. */
    public String code() {
      return json().getString("code");
    }
  }

  /** Connects to a port of this machine. */
  public static RawHttp connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port);
    socket.setSoTimeout(PATIENCE_MS);
    socket.setTcpNoDelay(true);
    return new RawHttp(socket);
  }

  /** Sends one well-formed request, with a Host unless one is given, and reads its answer. */
  public Answer ask(String method, String target, String body, String... headers) throws IOException {
    send(request(method, target, body, headers));
    return method.equals("HEAD") ? answer(false) : answer();
  }

  /** The text of a request. */
  public String request(String method, String target, String body, String... headers) {
    StringBuilder request = new StringBuilder(method).append(' ').append(target).append(" HTTP/1.1\r\n");
    boolean host = false;
    for (String header : headers) {
      host |= header.toLowerCase(Locale.ROOT).startsWith("host:");
      request.append(header).append("\r\n");
    }
    if (!host) {
      request.append("Host: localhost:").append(socket.getPort()).append("\r\n");
    }
    if (!body.isEmpty()) {
      request.append("Content-Length: ").append(body.getBytes(StandardCharsets.UTF_8).length).append("\r\n");
    }
    return request.append("\r\n").append(body).toString();
  }

  /** Sends text as it is. */
  public void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends bytes as they are. */
  public void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Says that nothing more will be sent. */
  public void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Reads the next answer. */
  public Answer answer() throws IOException {
    return answer(true);
  }

  /** Reads the head of the next answer and leaves its body, which may not end, unread. */
  public Answer head() throws IOException {
    String line = line();
    if (!line.matches("[A-Z]+/\\d\\.\\d \\d{3} .*")) {
      throw new IOException("no status line: " + line);
    }
    List<String[]> headers = new ArrayList<>();
    for (String header = line(); !header.isEmpty(); header = line()) {
      int colon = header.indexOf(':');
      headers.add(new String[] {header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon
          + 1).trim()});
    }
    return new Answer(Integer.parseInt(line.substring(9, 12)), headers, new byte[0]);
  }

  private Answer answer(boolean withBody) throws IOException {
    Answer head = head();
    boolean bodiless = !withBody || head.status() == 204 || head.status() == 304 || head.status() < 200;
    return bodiless ? head : new Answer(head.status(), head.headers(), body(head));
  }

  private byte[] body(Answer head) throws IOException {
    if (head.header("transfer-encoding").equals("chunked")) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
        body.writeBytes(chunk);
      }
      return body.toByteArray();
    }
    String length = head.header("content-length");
    return length.isEmpty() ? in.readAllBytes() : in.readNBytes(Integer.parseInt(length));
  }

  /** Reads one chunk of a chunked body; empty at its end. */
  public byte[] chunk() throws IOException {
    byte[] chunk = in.readNBytes(Integer.parseInt(line(), 16));
    line();
    return chunk;
  }

  /** Reads up to the end of a line. */
  public String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the connection ended after \"" + line.toString(StandardCharsets.UTF_8) + '"');
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** Whether the server ends the connection, whatever it says before. */
  public boolean ends() {
    try {
      in.readAllBytes();
      return true;
    } catch (java.net.SocketTimeoutException open) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** How long reads wait, milliseconds. */
  public RawHttp patience(int ms) throws IOException {
    socket.setSoTimeout(ms);
    return this;
  }

  /** Drops the connection at once, without goodbye. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
