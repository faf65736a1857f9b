package dev.cortex.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/** One keep-alive HTTP/1.1 connection that POSTs JSON or polls, pipelined when asked for more while answers are due. */
final class HttpLine {

  /** Told about every answer: its status, how many events it accepted, and when its request was due. */
  interface Answered {
    void onAnswer(HttpLine line, int status, long accepted, long dueUs) throws IOException;
  }

  private static final int NO_CONTENT = 204;
  private static final Pattern LENGTH = Pattern.compile("\r\ncontent-length: *([0-9]+)");
  private static final Pattern NEXT_POLL = Pattern.compile("\r\ncortex-next-poll-after-ms: *([0-9]+)");
  private static final Pattern ACCEPTED = Pattern.compile("\"accepted\": *([0-9]+)");

  private final SocketChannel channel;
  private final SelectionKey key;
  private final String postHead;
  private final byte[] get;
  private final ArrayDeque<ByteBuffer> out = new ArrayDeque<>();
  private final ArrayDeque<Long> due = new ArrayDeque<>();
  private byte[] in = new byte[16 * 1024];
  private int inLength;
  private String lastHeaders = "";

  HttpLine(InetSocketAddress server, Entry entry, Selector selector) throws IOException {
    channel = SocketChannel.open(server);
    channel.socket().setTcpNoDelay(true);
    channel.configureBlocking(false);
    key = channel.register(selector, SelectionKey.OP_READ, this);
    postHead = entry.head("POST", server.getPort()) + "\r\nContent-Type: application/json\r\nContent-Length: ";
    get = (entry.head("GET", server.getPort()) + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Requests sent and not yet answered. */
  int inFlight() {
    return due.size();
  }

  /** When the last answer said to poll again, in milliseconds after it; -1 when it did not say. */
  long nextPollAfterMs() {
    var told = NEXT_POLL.matcher(lastHeaders);
    return told.find() ? Long.parseLong(told.group(1)) : -1;
  }

  /** Sends a body that was due at this time. */
  void post(String body, long dueUs) throws IOException {
    var bytes = (postHead + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII);
    send(bytes, dueUs);
  }

  /** Asks for what is there; it was due at this time. */
  void get(long dueUs) throws IOException {
    send(get, dueUs);
  }

  private void send(byte[] bytes, long dueUs) throws IOException {
    out.add(ByteBuffer.wrap(bytes));
    due.add(dueUs);
    flush();
  }

  /** Goes on with what the selector found ready. */
  void onReady(Answered answered) throws IOException {
    if (key.isWritable()) {
      flush();
    }
    if (key.isReadable()) {
      read(answered);
    }
  }

  private void flush() throws IOException {
    while (!out.isEmpty()) {
      channel.write(out.peek());
      if (out.peek().hasRemaining()) {
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        return;
      }
      out.remove();
    }
    key.interestOps(SelectionKey.OP_READ);
  }

  private void read(Answered answered) throws IOException {
    if (inLength == in.length) {
      in = Arrays.copyOf(in, 2 * in.length);
    }
    var count = channel.read(ByteBuffer.wrap(in, inLength, in.length - inLength));
    if (count < 0) {
      throw new EOFException("the server closed an HTTP connection");
    }
    inLength += count;
    var consumed = 0;
    for (var next = answer(consumed, answered); next > consumed; next = answer(consumed, answered)) {
      consumed = next;
    }
    System.arraycopy(in, consumed, in, 0, inLength - consumed);
    inLength -= consumed;
  }

  /** Takes the answer that begins here and returns where the next one begins; the same place if it is incomplete. */
  private int answer(int from, Answered answered) throws IOException {
    var bodyAt = endOfHead(from);
    if (bodyAt < 0) {
      return from;
    }
    var headers = new String(in, from, bodyAt - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    var status = Integer.parseInt(headers.substring(9, 12));
    var end = bodyAt + (status == NO_CONTENT ? 0 : length(headers));
    if (end > inLength) {
      return from;
    }
    lastHeaders = headers;
    // the counts lead the answer; its long list of results is of no interest here
    var accepted = ACCEPTED.matcher(new String(in, bodyAt, Math.min(200, end - bodyAt), StandardCharsets.US_ASCII));
    answered.onAnswer(this, status, accepted.find() ? Long.parseLong(accepted.group(1)) : 0, due.remove());
    return end;
  }

  private static int length(String headers) throws IOException {
    var length = LENGTH.matcher(headers);
    if (!length.find()) {
      throw new IOException("an answer without Content-Length: " + headers.lines().findFirst().orElse(""));
    }
    return Integer.parseInt(length.group(1));
  }

  private int endOfHead(int from) {
    for (var i = from + 3; i < inLength; i++) {
      if (in[i] == '\n' && in[i - 1] == '\r' && in[i - 2] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }
}
