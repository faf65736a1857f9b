package dev.cortex.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.HdrHistogram.Histogram;

/** One plain WebSocket client that checks that it gets every measured event once and in order. */
final class Subscriber implements FrameScanner.Sink {

  /** What all subscribers of one thread add to. */
  static final class Tally {
    final Histogram latencyUs = new Histogram(60_000_000L, 3);
    long deliveries;
    long wrong;
    String firstFault = "";

    void fault(String what) {
      wrong++;
      if (firstFault.isEmpty()) {
        firstFault = what;
      }
    }
  }

  private final SocketChannel channel;
  private final Tally tally;
  private byte[] rest = new byte[0];
  private int restLength;
  private boolean open;
  private long next;
  private long readAtUs;
  private int hint;

  Subscriber(SocketChannel channel, Tally tally) {
    this.channel = channel;
    this.tally = tally;
  }

  /** Whether the handshake is over. */
  boolean isOpen() {
    return open;
  }

  /** Sends the opening handshake; to be called once connected. */
  void greet(String path, int port) throws IOException {
    var request =
        "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
  }

  /** Reads once and looks at every frame; false when the server closed the connection. */
  boolean read(ByteBuffer socketBuffer, byte[] scratch) throws IOException {
    socketBuffer.clear();
    var count = channel.read(socketBuffer);
    if (count < 0) {
      return false;
    }
    readAtUs = Ticks.nowUs();
    System.arraycopy(rest, 0, scratch, 0, restLength);
    socketBuffer.flip().get(scratch, restLength, count);
    var end = restLength + count;
    var from = open ? 0 : endOfHandshake(scratch, end);
    var consumed = open ? FrameScanner.scan(scratch, from, end, this) : 0;
    keep(scratch, consumed, end);
    return true;
  }

  private int endOfHandshake(byte[] bytes, int end) throws IOException {
    for (var i = 3; i < end; i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
        var answer = new String(bytes, 0, i, StandardCharsets.ISO_8859_1);
        if (!answer.startsWith("HTTP/1.1 101")) {
          throw new IOException("handshake refused: " + answer.lines().findFirst().orElse(""));
        }
        open = true;
        return i + 1;
      }
    }
    return 0;
  }

  private void keep(byte[] bytes, int from, int end) {
    restLength = end - from;
    if (restLength > rest.length) {
      rest = Arrays.copyOfRange(bytes, from, end);
    } else {
      System.arraycopy(bytes, from, rest, 0, restLength);
    }
  }

  @Override
  public void onText(byte[] bytes, int start, int end) {
    var at = Stamp.find(bytes, start, end, hint);
    if (at < 0) {
      tally.fault("a frame without a stamp: " + new String(bytes, start, end - start, StandardCharsets.UTF_8));
      return;
    }
    hint = at - start;
    var number = Stamp.number(bytes, at);
    if (number != next) {
      tally.fault("event " + number + " came where " + next + " was expected");
    }
    next = number + 1;
    tally.deliveries++;
    tally.latencyUs.recordValue(Math.min(59_000_000L, Math.max(0, readAtUs - Stamp.dueUs(bytes, at))));
  }

  @Override
  public void onControl(int opcode, byte[] bytes, int start, int end) {
    if (opcode == FrameScanner.PING) {
      pong(bytes, start, end);
    } else if (opcode == FrameScanner.CLOSE) {
      var code = end - start >= 2 ? (bytes[start] & 0xff) << 8 | bytes[start + 1] & 0xff : 1005;
      tally.fault("closed by the server with " + code);
    }
  }

  @Override
  public void onForeign(int firstByte) {
    tally.fault("unexpected frame, first byte 0x" + Integer.toHexString(firstByte));
  }

  /** A client's frames are masked; a mask of zeros leaves the bytes as they are. */
  private void pong(byte[] bytes, int start, int end) {
    var length = end - start;
    var frame = ByteBuffer.allocate(6 + length);
    frame.put((byte) (0x80 | FrameScanner.PONG)).put((byte) (0x80 | length)).putInt(0).put(bytes, start, length);
    try {
      channel.write(frame.flip());
    } catch (IOException e) {
      tally.fault("pong: " + e.getMessage());
    }
  }

  /** Closes the socket without ceremony. */
  void close(SelectionKey key) {
    key.cancel();
    try {
      channel.close();
    } catch (IOException e) {
      tally.fault("close: " + e.getMessage());
    }
  }
}
