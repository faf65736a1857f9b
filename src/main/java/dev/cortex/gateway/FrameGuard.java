package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.event.ErrorCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Takes a client's frames off the wire before Vert.x sees them, and holds them to RFC 6455 and to our bounds: strict
 * frames, valid UTF-8, whole messages of bounded size and fragments, a budget of control frames, and no answer to pings
 * of a client that does not read. Close frames go on to Vert.x, which finishes the closing handshake.
 */
final class FrameGuard extends ChannelInboundHandlerAdapter {

  /** What becomes of a client's frames; called on the connection's event loop. */
  interface Receiver {
    /** A whole text message, valid UTF-8. */
    void onText(byte[] message);

    /** A whole message of binary data. */
    void onBinary();

    /** Any frame: the peer lives. */
    void onFrame();

    /** The socket takes more, or no more. */
    void onWritability();
  }

  private static final int FRAGMENTS_MAX = 256;
  private static final int CONTROL_FRAMES_PER_SECOND = 50;

  /** Pongs that may wait behind what a client does not read; further pings go without. */
  private static final int UNSENT_PONGS_MAX = 50;

  /** How long to read on after a refusal, so that the close frame reaches a client that is still sending. */
  private static final long LINGER_MS = 1_000;

  private final int messageBytesMax;
  private final Receiver receiver;
  private final Clock clock;
  private ByteArrayOutputStream fragments;
  private boolean fragmentsAreText;
  private int fragmentCount;
  private long controlSecond;
  private int controlFrames;
  private int unsentPongs;
  private boolean refused;

  FrameGuard(int messageBytesMax, Receiver receiver, Clock clock) {
    this.messageBytesMax = messageBytesMax;
    this.receiver = receiver;
    this.clock = clock;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof CloseWebSocketFrame && !refused) {
      ctx.fireChannelRead(message);
      return;
    }
    try {
      if (!refused && message instanceof WebSocketFrame frame) {
        receive(ctx, frame);
      } else if (message instanceof CloseWebSocketFrame) {
        ctx.close(); // the client has read why
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Throwable root = cause.getCause() instanceof CorruptedWebSocketFrameException ? cause.getCause() : cause;
    if (root instanceof CorruptedWebSocketFrameException corrupted) {
      refuse(ctx, corrupted.closeStatus().code(), corrupted.getMessage());
    } else {
      ctx.fireExceptionCaught(cause);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    // never in the middle of a pass over many connections: what follows changes the lists that are walked
    ctx.executor().execute(receiver::onWritability);
    ctx.fireChannelWritabilityChanged();
  }

  /** Closes with a code, after which nothing the client sends is heard. */
  void refuse(ChannelHandlerContext ctx, int code, String reason) {
    if (refused) {
      return;
    }
    refused = true;
    fragments = null;
    if (ctx.channel().isActive()) {
      ctx.writeAndFlush(new CloseWebSocketFrame(code, bounded(reason)));
      ctx.executor().schedule(() -> ctx.close(), LINGER_MS, TimeUnit.MILLISECONDS);
    }
  }

  private void receive(ChannelHandlerContext ctx, WebSocketFrame frame) {
    receiver.onFrame();
    if (frame instanceof PingWebSocketFrame || frame instanceof PongWebSocketFrame) {
      control(ctx, frame);
    } else {
      data(ctx, frame);
    }
  }

  private void control(ChannelHandlerContext ctx, WebSocketFrame frame) {
    long second = clock.monotonicNs() / TimeUnit.SECONDS.toNanos(1);
    if (second != controlSecond) {
      controlSecond = second;
      controlFrames = 0;
    }
    if (++controlFrames > CONTROL_FRAMES_PER_SECOND) {
      refuse(ctx, ErrorCode.RATE_LIMITED.closeCode(), "more than 50 control frames a second");
    } else if (frame instanceof PingWebSocketFrame && unsentPongs < UNSENT_PONGS_MAX) {
      unsentPongs++;
      ctx.writeAndFlush(new PongWebSocketFrame(frame.content().retain())).addListener(sent -> unsentPongs--);
    }
  }

  private void data(ChannelHandlerContext ctx, WebSocketFrame frame) {
    ByteBuf content = frame.content();
    boolean first = fragments == null;
    if (first) {
      fragmentsAreText = frame instanceof TextWebSocketFrame;
    }
    int size = (first ? 0 : fragments.size()) + content.readableBytes();
    if (size > messageBytesMax) {
      int code = WebSocketCloseStatus.MESSAGE_TOO_BIG.code();
      refuse(ctx, code, "a message may have at most " + messageBytesMax + " bytes");
    } else if (!first && ++fragmentCount > FRAGMENTS_MAX) {
      refuse(ctx, WebSocketCloseStatus.POLICY_VIOLATION.code(), "a message may have at most 256 fragments");
    } else if (first && frame.isFinalFragment()) {
      message(ctx, ByteBufUtil.getBytes(content));
    } else {
      if (first) {
        fragments = new ByteArrayOutputStream(size);
        fragmentCount = 1;
      }
      fragments.writeBytes(ByteBufUtil.getBytes(content));
      if (frame.isFinalFragment()) {
        byte[] whole = fragments.toByteArray();
        fragments = null;
        message(ctx, whole);
      }
    }
  }

  private void message(ChannelHandlerContext ctx, byte[] message) {
    if (!fragmentsAreText) {
      receiver.onBinary();
    } else if (!ByteBufUtil.isText(Unpooled.wrappedBuffer(message), StandardCharsets.UTF_8)) {
      refuse(ctx, WebSocketCloseStatus.INVALID_PAYLOAD_DATA.code(), "text is not valid UTF-8");
    } else {
      receiver.onText(message);
    }
  }

  /** A close reason has at most 123 bytes (RFC 6455 section 5.5). */
  private static String bounded(String reason) {
    String ascii = reason == null ? "" : reason.replaceAll("[^\\x20-\\x7e]", "?");
    return ascii.length() > 123 ? ascii.substring(0, 123) : ascii;
  }
}
