package dev.cortex.cli;

import dev.cortex.auth.Redaction;
import dev.cortex.boot.ServerGroup;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.PrintStream;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Writes each log record as one line of {@code key=value} pairs; tokens that slipped into a message are masked. */
final class LogLine extends Handler {

  private static final int FRAMES_MAX = 12;
  private static final int CAUSES_MAX = 4;

  /** Made after the log manager was chosen; held on to, because the level of a logger nobody holds is forgotten. */
  private static final class Talkative {
    private static final Logger ENGINE = Logger.getLogger("com.hazelcast");
    private static final Logger UNUSED_PART = Logger.getLogger("com.hazelcast.cp.CPSubsystem");
    private static final Logger CONNECTIONS = Logger.getLogger("com.hazelcast.internal.server.tcp");
  }

  private final PrintStream out;

  /** A handler that writes to that stream. */
  LogLine(PrintStream out) {
    this.out = out;
  }

  /** Makes this process log through such a handler. To be called before anything else logs. */
  static void install(PrintStream out) {
    System.setProperty("java.util.logging.manager", ProcessLogManager.class.getName());
    System.setProperty("vertx.logger-delegate-factory-class-name", "io.vertx.core.logging.JULLogDelegateFactory");
    // Told, it need not look for three other logging systems first.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    Logger root = LogManager.getLogManager().getLogger("");
    root.setLevel(Level.INFO);
    root.addHandler(new LogLine(out));
    // the cluster engine tells its life story below this level; it warns of a part of it that is not used, and at
    // length of every connection to a member that died, whose death is told once by the node itself
    Talkative.ENGINE.setLevel(Level.WARNING);
    Talkative.UNUSED_PART.setLevel(Level.SEVERE);
    Talkative.CONNECTIONS.setLevel(Level.SEVERE);
  }

  @Override
  public void publish(LogRecord record) {
    if (isLoggable(record)) {
      out.println(format(record));
    }
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void close() {
    flush();
  }

  /** The line of a record, without the line end. */
  static String format(LogRecord record) {
    StringBuilder line = new StringBuilder(160);
    line.append("time=").append(record.getInstant());
    line.append(" level=").append(word(record.getLevel()));
    // the handler runs on the thread that logs
    ServerGroup.current().ifPresent(server -> line.append(" server=").append(server));
    line.append(" logger=").append(record.getLoggerName());
    line.append(" msg=").append(quoted(Redaction.redacted(String.valueOf(record.getMessage()))));
    if (record.getThrown() != null) {
      line.append(" error=").append(quoted(Redaction.redacted(trace(record.getThrown()))));
    }
    return line.toString();
  }

  private static String word(Level level) {
    int value = level.intValue();
    return value >= Level.SEVERE.intValue()
        ? "error"
        : value >= Level.WARNING.intValue() ? "warn" : value >= Level.INFO.intValue() ? "info" : "debug";
  }

  private static String trace(Throwable thrown) {
    StringBuilder text = new StringBuilder();
    Throwable each = thrown;
    for (int causes = 0; each != null && causes < CAUSES_MAX; causes++) {
      text.append(causes == 0 ? "" : " caused by ").append(each);
      StackTraceElement[] frames = each.getStackTrace();
      for (int i = 0; i < Math.min(frames.length, FRAMES_MAX); i++) {
        text.append(" < ").append(frames[i].getClassName()).append('.').append(frames[i].getMethodName());
        text.append(':').append(frames[i].getLineNumber());
      }
      each = each.getCause();
    }
    return text.toString();
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(Character.isISOControl(c) ? ' ' : c);
      }
    }
    return out.append('"').toString();
  }
}
