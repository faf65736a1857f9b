package dev.cortex.testing.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/**
 * The line between two processes on loopback: it forwards what is said on it, and breaks as lines do. What was broken
 * stays broken when the line is mended; connections that are made from then on are good ones.
 *
 * <p>Losing answers is for clients that wait for an answer before they ask again on the same connection.
 */
public final class Link implements AutoCloseable {

  /** What a connection that is made now meets. */
  enum State {
    /** It is forwarded. */
    UP,
    /** It is accepted and reset. */
    CUT,
    /** Nobody listens. */
    REFUSING,
    /** It is accepted, and nothing that is said on it arrives. */
    SWALLOWING
  }

  /**
   * Which answers are lost.
   *
   * @param request what the first line of their requests begins with
   * @param share of them, 0 to 1
   * @param lostBefore answers that were lost before this began
   */
  private record Loss(String request, double share, long lostBefore, Random random) {

    boolean hits(String line, long lostByNow) {
      boolean chosen = random.nextDouble() < share || lostByNow == lostBefore;
      return line.startsWith(request) && share > 0 && chosen;
    }
  }

  /**
   * What is altered on the way.
   *
   * @param from in the first line of a request, as ASCII
   * @param to instead of it, as long; both empty for nothing
   */
  private record Change(String from, String to) {}

  private static final Loss NONE = new Loss("", 0, 0, new Random(0));

  private final int port;
  private final String scheme;
  private final ServerSocketFactory listeners;
  private final Set<LinkedPair> pairs = ConcurrentHashMap.newKeySet();
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private ServerSocket listener;
  private State state = State.UP;
  private boolean closed;
  private volatile int target;
  private volatile Loss loss = NONE;
  private volatile String barred = "";
  private volatile Change change = new Change("", "");
  private volatile long delayNs;

  private Link(int port, int target, String scheme, ServerSocketFactory listeners) {
    this.port = port;
    this.target = target;
    this.scheme = scheme;
    this.listeners = listeners;
  }

  /** A line that is up, from a free port to a port on 127.0.0.1, on which somebody may listen later. */
  public static Link to(int target) throws IOException {
    return opened(target, "http", ServerSocketFactory.getDefault());
  }

  /** The same, entered by TLS, which ends here. */
  public static Link byTls(SSLContext context, int target) throws IOException {
    return opened(target, "https", context.getServerSocketFactory());
  }

  private static Link opened(int target, String scheme, ServerSocketFactory listeners) throws IOException {
    Link link = new Link(FreePorts.find(1, 0).get(0), target, scheme, listeners);
    link.listen();
    return link;
  }

  /** The port on 127.0.0.1 at which it is entered; it stays the same. */
  public int port() {
    return port;
  }

  /** Its entrance as a web address. */
  public String url() {
    return scheme + "://127.0.0.1:" + port;
  }

  /** Leads connections that are made from now on to another port on 127.0.0.1; those there are stay. */
  public void lead(int toPort) {
    target = toPort;
  }

  /** Resets every connection; new ones are accepted and reset. */
  public synchronized void cut() throws IOException {
    become(State.CUT);
    pairs.forEach(LinkedPair::reset);
  }

  /** Resets every connection; new ones are refused, since nobody listens. */
  public synchronized void refuse() throws IOException {
    become(State.REFUSING);
    listener.close();
    pairs.forEach(LinkedPair::reset);
  }

  /** Makes every connection half-open: it stays, and nothing arrives on it any more. New ones are as silent. */
  public synchronized void swallow() throws IOException {
    become(State.SWALLOWING);
    pairs.forEach(LinkedPair::silence);
  }

  /** Forwards connections that are made from now on. */
  public synchronized void mend() throws IOException {
    become(State.UP);
  }

  /** Holds everything back for that long in both directions, a chunk at a time; zero ends that. */
  public void delay(Duration each) {
    delayNs = each.toNanos();
  }

  /**
   * Loses answers: the request goes through, and its connection is reset when the answer comes. The first of them is
   * always lost.
   *
   * @param request what the first line of such a request begins with, {@code POST /api/events} for instance
   * @param share how many of them, 0 for none to 1 for all
   * @param seed of the choice
   */
  public void loseAnswers(String request, double share, long seed) {
    loss = share == 0 ? NONE : new Loss(request, share, lost.get(), new Random(seed));
  }

  /** Resets connections at every request whose first line contains that text, before anyone sees it; empty: none. */
  public void bar(String text) {
    barred = text;
  }

  /**
   * Alters the first lines of requests, so that the server understands something else.
   *
   * @param from what is replaced; empty ends it
   * @param to as long as what it replaces
   */
  public void replace(String from, String to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException("what is replaced keeps its length");
    }
    change = new Change(from, to);
  }

  /** How many connections were made, whatever became of them. */
  public long connections() {
    return connections.get();
  }

  /** How many requests came in, whatever became of them. */
  public long requests() {
    return requests.get();
  }

  /** How many answers were lost. */
  public long lostAnswers() {
    return lost.get();
  }

  /** How many connections there are. */
  public int open() {
    return pairs.size();
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    listener.close();
    pairs.forEach(LinkedPair::reset);
  }

  private void become(State next) throws IOException {
    if (state == State.REFUSING && next != State.REFUSING && !closed) {
      listen();
    }
    state = next;
  }

  private synchronized void listen() throws IOException {
    listener = listeners.createServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    ServerSocket mine = listener;
    start("accept", () -> accept(mine));
  }

  private void start(String what, Runnable work) {
    Thread thread = new Thread(work, "link-" + port + '-' + what);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept(ServerSocket mine) {
    while (!mine.isClosed()) {
      try {
        Socket client = mine.accept();
        connections.incrementAndGet();
        admit(client);
      } catch (IOException closedOrGone) {
        continue; // the loop ends when the listener is closed; a client that is gone already is no matter
      }
    }
  }

  private synchronized void admit(Socket client) throws IOException {
    if (state == State.CUT || state == State.REFUSING || closed) {
      LinkedPair.reset(client);
      return;
    }
    Socket server = new Socket();
    LinkedPair pair = new LinkedPair(this, client, server);
    if (state == State.SWALLOWING) {
      pair.silence();
    } else {
      try {
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target), 2_000);
      } catch (IOException nobodyThere) {
        LinkedPair.reset(client);
        return;
      }
    }
    pairs.add(pair);
    start("there", pair::forward);
    if (server.isConnected()) {
      start("back", pair::back);
    }
  }

  // ---- what its connections ask

  void asked() {
    requests.incrementAndGet();
  }

  boolean losesAnswerOf(String line) {
    Loss now = loss;
    synchronized (now) {
      return now.hits(line, lost.get());
    }
  }

  boolean bars(String line) {
    String text = barred;
    return !text.isEmpty() && line.contains(text);
  }

  /** The first line of a request as the server is to see it, as long as it was. */
  String altered(String line) {
    Change now = change;
    return now.from().isEmpty() ? line : line.replace(now.from(), now.to());
  }

  long delayNs() {
    return delayNs;
  }

  void lostOne() {
    lost.incrementAndGet();
  }

  void ended(LinkedPair pair) {
    pairs.remove(pair);
  }
}
