package dev.cortex.bus.wire;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskMark;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Message.Marked;
import dev.cortex.bus.Message.Probe;
import dev.cortex.bus.Message.Ready;
import dev.cortex.bus.Message.Trim;
import dev.cortex.bus.Message.Trimmed;
import io.vertx.core.buffer.Buffer;
import java.util.Set;

/**
 * The binary form of messages between nodes: a version byte, then the fields of the record in their order. Envelopes in
 * it are copied, never read.
 */
public final class Wire {

  /** The version this build writes, and the only one it reads. To be raised whenever the bytes of a message change. */
  public static final int VERSION = 2;

  /** Messages that are said within a node only. */
  static final Set<Class<? extends Message>> LOCAL =
      Set.of(
          Ingest.class,
          Ingested.class,
          Trim.class,
          Trimmed.class,
          AskMark.class,
          Marked.class,
          Probe.class,
          Ready.class,
          Message.AskSyncState.class,
          Message.SyncState.class,
          Message.ReadOutbox.class,
          Message.OutboxPage.class,
          Message.ConfirmOutbox.class,
          Message.Reincarnate.class,
          Message.RenumberOutbox.class,
          Message.AskSetAside.class,
          Message.SetAside.class,
          Message.SendAgain.class,
          Message.GiveUp.class,
          Message.OutboxGrew.class,
          Message.Push.class,
          Message.AskSync.class,
          Message.Answer.class,
          Message.RegisterCallback.class,
          Message.RemoveCallback.class);

  private static final Forms FORMS = new Forms();

  private Wire() {}

  /**
   * Appends a message to a buffer.
   *
   * @throws IllegalArgumentException when messages of its type do not leave their node
   */
  public static <T extends Message> void write(Class<T> type, T message, Buffer buffer) {
    Forms.Form<T> form = form(type);
    buffer.appendByte((byte) VERSION);
    form.write().accept(new WireWriter(buffer), message);
  }

  /**
   * Reads the message that fills a buffer from a position to its end.
   *
   * @throws WireException when it is anything but one whole message of that type in this version
   * @throws IllegalArgumentException when messages of that type do not leave their node
   */
  public static <T extends Message> T read(Class<T> type, Buffer buffer, int position) {
    Forms.Form<T> form = form(type);
    WireReader in = new WireReader(buffer, position);
    int version = in.octet();
    if (version != VERSION) {
      throw new WireException(position, "is of version " + version + ", and " + VERSION + " is read here");
    }
    T message = form.read().apply(in);
    in.end();
    return message;
  }

  private static <T> Forms.Form<T> form(Class<T> type) {
    return FORMS.of(type)
        .orElseThrow(() -> new IllegalArgumentException(type.getSimpleName() + " does not leave its node"));
  }
}
