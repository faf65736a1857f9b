package dev.cortex.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** Many WebSocket connections read by one thread. */
final class Subscribers implements AutoCloseable {

  /** What the connections saw. */
  record Seen(Histogram latencyUs, long deliveries, long wrong, String firstFault) {}

  private static final int READ_BYTES = 512 * 1024;
  private static final long REST_NS = 50_000;
  private static final long LONG_REST_NS = 5_000_000;
  private static final int OPENING_AT_ONCE = 256;

  private final InetSocketAddress server;
  private final String path;
  private final int wanted;
  private final Selector selector;
  private final Thread thread;
  private final ByteBuffer socketBuffer = ByteBuffer.allocateDirect(READ_BYTES);
  private final byte[] scratch = new byte[2 * READ_BYTES];
  private final Subscriber.Tally tally = new Subscriber.Tally();
  private int started;
  private final AtomicLong opened = new AtomicLong();
  private final AtomicLong closed = new AtomicLong();
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicReference<String> failure = new AtomicReference<>("");
  private volatile boolean stopping;
  private volatile long restNs = REST_NS;

  /** Starts to open {@code count} connections to the path. */
  Subscribers(InetSocketAddress server, String path, int count) throws IOException {
    this.server = server;
    this.path = path;
    this.wanted = count;
    this.selector = Selector.open();
    this.thread = new Thread(this::run, "subscribers");
    thread.setDaemon(true);
    thread.start();
  }

  /** How many connections there are to be. */
  int wanted() {
    return wanted;
  }

  /** Waits until every connection is open. */
  void awaitOpen(long timeoutMs) throws InterruptedException, TimeoutException, IOException {
    await("open connections", opened, wanted, timeoutMs);
  }

  /** Waits until this many events were delivered, counted over all connections since the start. */
  void awaitDelivered(long total, long timeoutMs) throws InterruptedException, TimeoutException, IOException {
    await("deliveries", delivered, total, timeoutMs);
  }

  private void await(String what, AtomicLong value, long target, long timeoutMs)
      throws InterruptedException, TimeoutException, IOException {
    var deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    while (value.get() < target) {
      if (!failure.get().isEmpty()) {
        throw new IOException(failure.get());
      }
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(
            value.get() + " of " + target + " " + what + " after " + timeoutMs + " ms; " + closed + " closed");
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  /** Events delivered since the start, over all connections. */
  long delivered() {
    return delivered.get();
  }

  /** Connections that the server closed. */
  long closed() {
    return closed.get();
  }

  /** What was seen so far. The connections must be quiet: nothing under way. */
  synchronized Seen seen() {
    return new Seen(tally.latencyUs.copy(), tally.deliveries, tally.wrong + closed.get(), tally.firstFault);
  }

  /** Forgets the latencies so far: what comes next is measured afresh. Counts and faults stay. */
  synchronized void forgetLatencies() {
    tally.latencyUs.reset();
  }

  /** While others are measured this thread looks at its connections less often. */
  void rest(boolean resting) {
    restNs = resting ? LONG_REST_NS : REST_NS;
  }

  private void run() {
    try {
      while (!stopping) {
        openMore();
        if (poll() == 0) {
          LockSupport.parkNanos(restNs);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      failure.set(e.toString());
    }
  }

  /** Reads what is there. Nobody waits in the kernel, so the server's writes do not pay for waking this thread. */
  private synchronized int poll() throws IOException {
    var ready = selector.selectNow(this::onReady);
    delivered.lazySet(tally.deliveries);
    return ready;
  }

  private void openMore() throws IOException {
    while (started < wanted && started - opened.get() < OPENING_AT_ONCE) {
      var channel = SocketChannel.open();
      channel.configureBlocking(false);
      var subscriber = new Subscriber(channel, tally);
      channel.register(selector, SelectionKey.OP_CONNECT, subscriber);
      channel.connect(server);
      started++;
    }
  }

  private void onReady(SelectionKey key) {
    try {
      handle(key, (Subscriber) key.attachment());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void handle(SelectionKey key, Subscriber subscriber) throws IOException {
    if (key.isConnectable()) {
      ((SocketChannel) key.channel()).finishConnect();
      key.interestOps(SelectionKey.OP_READ);
      subscriber.greet(path, server.getPort());
      return;
    }
    var wasOpen = subscriber.isOpen();
    if (!subscriber.read(socketBuffer, scratch)) {
      closed.incrementAndGet();
      subscriber.close(key);
    } else if (!wasOpen && subscriber.isOpen()) {
      opened.incrementAndGet();
    }
  }

  @Override
  public void close() throws IOException {
    stopping = true;
    LockSupport.unpark(thread);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (var key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
