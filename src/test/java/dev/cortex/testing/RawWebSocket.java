package dev.cortex.testing;

import io.vertx.core.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A WebSocket client on a bare socket: it can send frames that no library would, and stop reading when it likes. */
public final class RawWebSocket implements AutoCloseable {

  /** Opcodes of RFC 6455. */
  public static final int CONTINUATION = 0;

  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  private static final int PATIENCE_MS = 60_000;
  private static final int FINAL = 0x80;
  private static final int MASKED = 0x80;
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private String responseHead = "";

  private RawWebSocket(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 * 1024));
    this.out = socket.getOutputStream();
  }

  /** One frame of the server. */
  public record Frame(boolean last, int opcode, byte[] payload) {

    /** The payload as text. */
    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** The code of a close frame, 1005 when it names none. */
    public int closeCode() {
      return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
    }
  }

  /** Opens a WebSocket; fails when the server does not switch protocols. */
  public static RawWebSocket open(int port, String target, String... headers) throws IOException {
    return openNarrow(port, 0, target, headers);
  }

  /** Opens a WebSocket whose receive buffer holds about that many bytes, 0 for as many as the system likes. */
  public static RawWebSocket openNarrow(int port, int receiveBytes, String target, String... headers)
      throws IOException {
    Socket socket = new Socket();
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
    socket.setSoTimeout(PATIENCE_MS);
    RawWebSocket client = new RawWebSocket(socket);
    client.upgrade(port, target, headers);
    return client;
  }

  private void upgrade(int port, String target, String... headers) throws IOException {
    StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n");
    request.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
    request.append("Sec-WebSocket-Key: ").append(KEY).append("\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    send(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("the connection ended in the handshake: " + head);
      }
      head.append((char) b);
    }
    responseHead = head.toString();
    if (!responseHead.startsWith("HTTP/1.1 101 ")) {
      socket.close();
      throw new IOException("no upgrade: " + responseHead);
    }
  }

  /** The head of the server's answer to the handshake. */
  public String responseHead() {
    return responseHead;
  }

  /** Sends bytes as they are. */
  public void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Sends a text message in one frame. */
  public RawWebSocket text(String message) throws IOException {
    return frame(true, TEXT, message.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a masked frame. */
  public RawWebSocket frame(boolean last, int opcode, byte[] payload) throws IOException {
    send(encoded((last ? FINAL : 0) | opcode, true, payload));
    return this;
  }

  /** Sends a close frame. */
  public RawWebSocket close(int code, String reason) throws IOException {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    byte[] payload = ByteBuffer.allocate(2 + text.length).putShort((short) code).put(text).array();
    return frame(true, CLOSE, payload);
  }

  /** The bytes of a frame whose first byte may say anything. */
  public static byte[] encoded(int firstByte, boolean masked, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.length + 14);
    int mask = masked ? MASKED : 0;
    frame.write(firstByte);
    if (payload.length < 126) {
      frame.write(mask | payload.length);
    } else if (payload.length <= 0xffff) {
      frame.write(mask | 126);
      frame.writeBytes(ByteBuffer.allocate(2).putShort((short) payload.length).array());
    } else {
      frame.write(mask | 127);
      frame.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    byte[] key = {1, 2, 3, 4};
    if (masked) {
      frame.writeBytes(key);
    }
    byte[] body = payload.clone();
    for (int i = 0; masked && i < body.length; i++) {
      body[i] ^= key[i & 3];
    }
    frame.writeBytes(body);
    return frame.toByteArray();
  }

  /** Reads the next frame. */
  public Frame frame() throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    if ((second & MASKED) != 0) {
      throw new IOException("a server must not mask");
    }
    long length = second & 0x7f;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    byte[] payload = new byte[Math.toIntExact(length)];
    in.readFully(payload);
    return new Frame((first & FINAL) != 0, first & 0x0f, payload);
  }

  /** Reads the next text frame as JSON; answers pings on the way. */
  public JsonObject json() throws IOException {
    return new JsonObject(textFrame());
  }

  /** Reads the next text frame; answers pings on the way. */
  public String textFrame() throws IOException {
    for (Frame frame = frame(); ; frame = frame()) {
      if (frame.opcode() == TEXT) {
        return frame.text();
      } else if (frame.opcode() == PING) {
        frame(true, PONG, frame.payload());
      } else {
        throw new IOException("opcode " + frame.opcode() + (frame.opcode() == CLOSE ? ", code "
            + frame.closeCode() : ""));
      }
    }
  }

  /** Reads up to the next frame of that op. */
  public JsonObject op(String op) throws IOException {
    for (JsonObject frame = json(); ; frame = json()) {
      if (op.equals(frame.getString("op"))) {
        return frame;
      }
    }
  }

  /** Asks and reads up to the frame that answers. */
  public JsonObject ask(JsonObject request) throws IOException {
    text(request.encode());
    for (JsonObject frame = json(); ; frame = json()) {
      if (frame.containsKey("rid") && frame.getValue("rid").equals(request.getValue("rid"))) {
        return frame;
      }
    }
  }

  /** Reads up to the server's close frame and returns its code; answers it when asked to. */
  public int closed() throws IOException {
    for (Frame frame = frame(); ; frame = frame()) {
      if (frame.opcode() == CLOSE) {
        return frame.closeCode();
      }
    }
  }

  /** Whether nothing but pings comes within that time. */
  public boolean silentFor(int ms) throws IOException {
    socket.setSoTimeout(ms);
    try {
      int opcode = frame().opcode();
      return opcode == PING;
    } catch (SocketTimeoutException nothing) {
      return true;
    } finally {
      socket.setSoTimeout(PATIENCE_MS);
    }
  }

  /** Whether the server ends the connection, whatever it says before. */
  public boolean ends() {
    try {
      in.readAllBytes();
      return true;
    } catch (SocketTimeoutException open) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** How long reads wait, milliseconds. */
  public RawWebSocket patience(int ms) throws IOException {
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
