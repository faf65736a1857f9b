package dev.cortex.bus.wire;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.Source;
import dev.cortex.event.Channel;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.Since;

/** The binary forms of what messages are made of. Each pair writes and reads the same fields in the same order. */
final class Parts {

  private static final int SINCE_LIVE = 0;
  private static final int SINCE_CURSOR = 1;
  private static final int SINCE_SEQUENCE = 2;
  private static final int SINCE_TIME = 3;

  private static final int SOURCE_PRODUCERS = 0;
  private static final int SOURCE_OUTBOX = 1;
  private static final int SOURCE_CLOUD = 2;
  private static final int SOURCE_SINGLE = 3;

  private static final Outcome.Status[] STATUSES = Outcome.Status.values();
  private static final NodeState[] STATES = NodeState.values();
  private static final Priority[] PRIORITIES = Priority.values();

  private Parts() {}

  static void channel(WireWriter out, Channel channel) {
    out.text(channel.orgId());
    out.text(channel.agentId());
    out.text(channel.sessionId());
  }

  static Channel channel(WireReader in) {
    return new Channel(in.text(), in.text(), in.text());
  }

  static void position(WireWriter out, Position position) {
    out.text(position.logId());
    out.number(position.offset());
  }

  static Position position(WireReader in) {
    return new Position(in.text(), in.number());
  }

  static void head(WireWriter out, Head head) {
    out.text(head.orgId());
    position(out, head.position());
    out.number(head.floor());
    out.number(head.epoch());
    out.number(head.receivedAt());
  }

  static Head head(WireReader in) {
    return new Head(in.text(), position(in), in.number(), in.number(), in.number());
  }

  static void since(WireWriter out, Since since) {
    if (since instanceof Since.Live) {
      out.octet(SINCE_LIVE);
    } else if (since instanceof Since.Cursor cursor) {
      out.octet(SINCE_CURSOR);
      position(out, cursor.position());
    } else if (since instanceof Since.Sequence sequence) {
      out.octet(SINCE_SEQUENCE);
      out.number(sequence.sequence());
    } else if (since instanceof Since.Time time) {
      out.octet(SINCE_TIME);
      out.number(time.unixMs());
    } else {
      throw new IllegalStateException("a beginning without a binary form: " + since);
    }
  }

  static Since since(WireReader in) {
    int kind = in.octet();
    return switch (kind) {
      case SINCE_LIVE -> new Since.Live();
      case SINCE_CURSOR -> new Since.Cursor(position(in));
      case SINCE_SEQUENCE -> new Since.Sequence(in.number());
      case SINCE_TIME -> new Since.Time(in.number());
      default -> throw new WireException(in.position() - 1, "holds no kind of beginning: " + kind);
    };
  }

  static void budget(WireWriter out, Budget budget) {
    out.number(budget.limit());
    out.number(budget.remaining());
    out.number(budget.retryAfterMs());
  }

  static Budget budget(WireReader in) {
    return new Budget(in.number(), in.number(), in.number());
  }

  static void node(WireWriter out, Directory.Node node) {
    out.text(node.node());
    out.constant(node.state());
    out.text(node.address());
  }

  static Directory.Node node(WireReader in) {
    return new Directory.Node(in.text(), in.constant(STATES), in.text());
  }

  static void draft(WireWriter out, Draft draft) {
    out.text(draft.id());
    out.flag(draft.idGiven());
    out.text(draft.orgId());
    out.text(draft.userId());
    out.text(draft.type());
    out.bytes(draft.payload());
    out.number(draft.timestamp());
    out.text(draft.agentId());
    out.text(draft.sessionId());
    out.number(draft.sequence());
    out.text(draft.idempotencyKey());
    priority(out, draft.priority());
    out.text(draft.traceId());
    out.text(draft.origin());
  }

  static Draft draft(WireReader in) {
    return new Draft(
        in.text(),
        in.flag(),
        in.text(),
        in.text(),
        in.text(),
        in.bytes(),
        in.number(),
        in.text(),
        in.text(),
        in.number(),
        in.text(),
        priority(in),
        in.text(),
        in.text());
  }

  static void source(WireWriter out, Source source) {
    if (source instanceof Source.Producers) {
      out.octet(SOURCE_PRODUCERS);
    } else if (source instanceof Source.Outbox outbox) {
      out.octet(SOURCE_OUTBOX);
      desktop(out, outbox.desktop());
      out.text(outbox.subject());
      out.number(outbox.first());
      out.items(outbox.refused(), Parts::refused);
    } else if (source instanceof Source.Cloud cloud) {
      out.octet(SOURCE_CLOUD);
      out.text(cloud.orgId());
      out.text(cloud.logId());
      out.number(cloud.after());
      out.number(cloud.through());
      out.flag(cloud.anew());
    } else if (source instanceof Source.Single) {
      out.octet(SOURCE_SINGLE);
    } else {
      throw new IllegalStateException("a source without a binary form: " + source);
    }
  }

  static Source source(WireReader in) {
    int kind = in.octet();
    return switch (kind) {
      case SOURCE_PRODUCERS -> Source.PRODUCERS;
      case SOURCE_OUTBOX -> new Source.Outbox(desktop(in), in.text(), in.number(), in.items(Parts::refused));
      case SOURCE_CLOUD -> new Source.Cloud(in.text(), in.text(), in.number(), in.number(), in.flag());
      case SOURCE_SINGLE -> new Source.Single();
      default -> throw new WireException(in.position() - 1, "holds no kind of source: " + kind);
    };
  }

  private static void refused(WireWriter out, Source.Refused refused) {
    out.number(refused.number());
    out.text(refused.agentId());
    out.text(refused.sessionId());
    out.number(refused.sequence());
    outcome(out, refused.outcome());
  }

  private static Source.Refused refused(WireReader in) {
    return new Source.Refused(in.number(), in.text(), in.text(), in.number(), outcome(in));
  }

  static void desktop(WireWriter out, Desktop desktop) {
    out.text(desktop.install());
    out.text(desktop.incarnation());
  }

  static Desktop desktop(WireReader in) {
    return new Desktop(in.text(), in.text());
  }

  static void priority(WireWriter out, Priority priority) {
    out.constant(priority);
  }

  static Priority priority(WireReader in) {
    return in.constant(PRIORITIES);
  }

  static void outcome(WireWriter out, Outcome outcome) {
    out.text(outcome.id());
    out.constant(outcome.status());
    out.number(outcome.offset());
    out.number(outcome.sequence());
    out.optional(outcome.error(), Parts::error);
    out.text(outcome.message());
  }

  static Outcome outcome(WireReader in) {
    return new Outcome(
        in.text(), in.constant(STATUSES), in.number(), in.number(), in.optional(Parts::error), in.text());
  }

  static void error(WireWriter out, ErrorCode code) {
    out.text(code.code());
  }

  static ErrorCode error(WireReader in) {
    return ErrorNumbers.code(in.text());
  }
}
