package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.FrameWriter;
import dev.cortex.event.Position;
import dev.cortex.event.Principal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.concurrent.TimeUnit;

/**
 * The outgoing side of one WebSocket. Finished frames are written to the channel as bytes, past the frame encoder, so
 * that one buffer serves every connection; this class alone does that, on the channel's event loop.
 */
final class WsSocket implements Outlet {

  private static final Logger LOG = LoggerFactory.getLogger(WsSocket.class);

  /** Bytes a channel may hold before the connection counts as slow; the kernel holds about as many again. */
  static final int BUFFERED_BYTES = 64 * 1024;

  private static final long PING_EVERY_NS = TimeUnit.SECONDS.toNanos(25);
  private static final long PONG_WITHIN_NS = TimeUnit.SECONDS.toNanos(10);
  private static final long STUCK_NS = TimeUnit.SECONDS.toNanos(60);

  private final ServerWebSocket webSocket;
  private final ChannelHandlerContext channel;
  /** The context next to the socket: finished bytes need none of the handlers before it. */
  private final ChannelHandlerContext wire;
  private final boolean controlFrames;
  private final int queueMax;
  private final Visitor visitor;
  private final Clock clock;
  private long nextPingNs;
  private long pingSentNs;
  private boolean pingWaits;
  private boolean pongWaits;
  private boolean closing;
  private long unsentBytes;

  /**
   * The socket of an upgraded connection.
   *
   * @param channel where frames are written
   * @param controlFrames whether the client speaks {@code cortex.v1} and is told of its state
   * @param queueMax the queue limit that is told to clients, events
   * @param visitor who is at the other end
   */
  WsSocket(
      ServerWebSocket webSocket,
      ChannelHandlerContext channel,
      boolean controlFrames,
      int queueMax,
      Visitor visitor,
      Clock clock) {
    this.webSocket = webSocket;
    this.channel = channel;
    this.wire = channel.pipeline().firstContext();
    this.controlFrames = controlFrames;
    this.queueMax = queueMax;
    this.visitor = visitor;
    this.clock = clock;
    this.nextPingNs = clock.monotonicNs() + PING_EVERY_NS;
  }

  /** The frame that says what cannot be replayed. Snapshots are not kept here, so there is none to name. */
  static byte[] resync(Channel channel, ErrorCode reason) {
    return FrameWriter.frame("resync")
        .put("channel", channel.text())
        .put("reason", reason.code())
        .putNull("snapshot")
        .bytes();
  }

  /** Whether the client is told of its state by control frames. */
  boolean controlFrames() {
    return controlFrames;
  }

  /** On whose behalf the client speaks. */
  Principal principal() {
    return visitor.principal();
  }

  /** Whether this side has said goodbye. */
  boolean closing() {
    return closing;
  }

  /** Sends one control frame. */
  void send(byte[] frame) {
    if (!closing) {
      ByteBuf buffer = channel.alloc().directBuffer(Frames.sizeOfText(frame.length));
      Frames.writeText(buffer, frame);
      unsentBytes += frame.length;
      channel.writeAndFlush(buffer).addListener(sent -> unsentBytes -= frame.length);
    }
  }

  /** Closes with a code; what is on its way still arrives. */
  void close(int code, String reason) {
    if (!closing) {
      closing = true;
      String bounded = reason.length() > 120 ? reason.substring(0, 120) : reason;
      webSocket.close((short) code, bounded);
    }
  }

  /**
   * Whether the client leaves answers untaken. A socket full of events does not count: who reads them slowly is heard
   * all the same, or its pongs would not be.
   */
  boolean answersPileUp() {
    return unsentBytes > BUFFERED_BYTES;
  }

  /** Reads from the socket, or leaves what the client sends in its own buffers. */
  void reading(boolean read) {
    if (channel.channel().config().isAutoRead() != read) {
      channel.channel().config().setAutoRead(read);
    }
  }

  /** A frame came in: the peer lives. */
  void heard() {
    pongWaits = false;
  }

  /**
   * Pings in time, and closes when no answer came or the client's time is up. To be called about once a second.
   *
   * @param wallMs the time now, Unix milliseconds
   */
  void tick(long wallMs) {
    long nowNs = clock.monotonicNs();
    if (closing) {
      return;
    }
    if (wallMs >= visitor.principal().expiresAtMs()) {
      close(ErrorCode.TOKEN_EXPIRED.closeCode(), ErrorCode.TOKEN_EXPIRED.sentence());
    } else if (pongWaits && nowNs - pingSentNs > PONG_WITHIN_NS) {
      close(ErrorCode.NO_PONG.closeCode(), ErrorCode.NO_PONG.sentence());
    } else if (pingWaits && nowNs - pingSentNs > STUCK_NS) {
      // the socket has not moved for a minute: not even a ping gets through
      channel.close();
    } else if (!pingWaits && nowNs - nextPingNs >= 0) {
      ping(nowNs);
    }
  }

  private void ping(long nowNs) {
    nextPingNs = nowNs + PING_EVERY_NS;
    pingSentNs = nowNs;
    pingWaits = true;
    channel.writeAndFlush(new PingWebSocketFrame(Unpooled.EMPTY_BUFFER)).addListener(written -> {
      pingWaits = false;
      pongWaits = written.isSuccess();
      pingSentNs = clock.monotonicNs();
    });
  }

  @Override
  public boolean writable() {
    return !closing && channel.channel().isWritable();
  }

  @Override
  public void write(Joined events) {
    wire.write(events.webSocket(channel.alloc()).retainedDuplicate(), wire.voidPromise());
  }

  @Override
  public void flush() {
    wire.flush();
  }

  @Override
  public void lagging(Subscriber slow, long queueDepth) {
    if (controlFrames) {
      send(place("lagging", slow));
      send(backpressure(slow, "full", queueDepth));
    }
  }

  @Override
  public void pressure(Subscriber slow, long queueDepth) {
    if (controlFrames) {
      send(backpressure(slow, queueDepth == 0 ? "ok" : "high", queueDepth));
    }
  }

  @Override
  public void caughtUp(Subscriber live) {
    if (controlFrames) {
      send(place("caughtup", live));
    }
  }

  @Override
  public void lost(Subscriber lost, ErrorCode reason, Position head) {
    if (controlFrames) {
      send(resync(lost.filter().channel(), reason));
    } else {
      close(reason.closeCode() == 0 ? ErrorCode.INTERNAL.closeCode() : reason.closeCode(), reason.sentence());
    }
  }

  @Override
  public void broken(RuntimeException failure) {
    LOG.error(visitor.text() + " could not be written to", failure);
    close(ErrorCode.INTERNAL.closeCode(), ErrorCode.INTERNAL.sentence());
  }

  @Override
  public String userId() {
    return visitor.principal().userId();
  }

  private static byte[] place(String op, Subscriber subscriber) {
    return FrameWriter.frame(op)
        .put("channel", subscriber.filter().channel().text())
        .put("cursor", new Position(subscriber.feed().logId(), subscriber.position()).cursor())
        .bytes();
  }

  private byte[] backpressure(Subscriber slow, String level, long queueDepth) {
    return FrameWriter.frame("backpressure")
        .put("channel", slow.filter().channel().text())
        .put("level", level)
        .put("queueDepth", queueDepth)
        .put("limit", queueMax)
        .bytes();
  }
}
