package dev.cortex.testing.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/** One connection over a {@link Link}: what the client says goes to the server, and back, unless the line is broken. */
final class LinkedPair {

  private static final int CHUNK_BYTES = 64 * 1024;

  private final Link link;
  private final Socket client;
  private final Socket server;
  private volatile boolean silent;
  private volatile boolean answerIsLost;

  /** Whether the server had the last word, so that what the client says next begins a request. */
  private volatile boolean answered = true;

  private boolean oneEnded;

  LinkedPair(Link link, Socket client, Socket server) {
    this.link = link;
    this.client = client;
    this.server = server;
  }

  /** Nothing arrives any more on either side, and neither is told. */
  void silence() {
    silent = true;
  }

  /** Ends both sides as a crash does. */
  void reset() {
    reset(client);
    reset(server);
    link.ended(this);
  }

  static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException gone) {
      // then it has ended already
    }
  }

  /** Carries what the client says, until it ends. */
  void forward() {
    try {
      carry(client.getInputStream(), true);
    } catch (IOException broken) {
      reset();
    }
  }

  /** Carries what the server says, until it ends. */
  void back() {
    try {
      carry(server.getInputStream(), false);
    } catch (IOException broken) {
      reset();
    }
  }

  private void carry(InputStream from, boolean there) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    int length = from.read(chunk);
    while (length >= 0) {
      if (there ? !mayGo(chunk, length) : !mayReturn()) {
        reset();
        return;
      }
      hold();
      if (!silent) {
        OutputStream to = there ? server.getOutputStream() : client.getOutputStream();
        to.write(chunk, 0, length);
      }
      length = from.read(chunk);
    }
    if (silent) {
      return; // the other side is not told that this one has ended
    }
    (there ? server : client).shutdownOutput();
    if (isSecondEnd()) {
      end();
    }
  }

  private synchronized boolean isSecondEnd() {
    boolean second = oneEnded;
    oneEnded = true;
    return second;
  }

  private void end() throws IOException {
    client.close();
    server.close();
    link.ended(this);
  }

  private boolean mayGo(byte[] chunk, int length) {
    if (answered) {
      answered = false;
      link.asked();
      String line = firstLine(chunk, length);
      if (link.bars(line)) {
        return false;
      }
      answerIsLost = link.losesAnswerOf(line);
      byte[] altered = link.altered(line).getBytes(StandardCharsets.ISO_8859_1);
      System.arraycopy(altered, 0, chunk, 0, altered.length);
    }
    return true;
  }

  private boolean mayReturn() {
    if (answerIsLost && !silent) {
      link.lostOne();
      return false;
    }
    answered = true;
    return true;
  }

  private void hold() {
    long delayNs = link.delayNs();
    if (delayNs > 0) {
      LockSupport.parkNanos(delayNs);
    }
  }

  private static String firstLine(byte[] chunk, int length) {
    int end = 0;
    while (end < length && chunk[end] != '\r' && chunk[end] != '\n') {
      end++;
    }
    return new String(chunk, 0, end, StandardCharsets.ISO_8859_1);
  }
}
