package dev.cortex.bus.wire;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.AskHeads;
import dev.cortex.bus.Message.AskOutbox;
import dev.cortex.bus.Message.AskOwner;
import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Beat;
import dev.cortex.bus.Message.CallbacksChanged;
import dev.cortex.bus.Message.Connect;
import dev.cortex.bus.Message.Connected;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Disconnect;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Heads;
import dev.cortex.bus.Message.Keep;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.Owned;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Present;
import dev.cortex.bus.Message.Read;
import dev.cortex.bus.Message.Standing;
import dev.cortex.event.Hash128;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** The binary form of every message that leaves its node. */
final class Forms {

  /** How one type of message is written and read. */
  record Form<T>(BiConsumer<WireWriter, T> write, Function<WireReader, T> read) {}

  private final Map<Class<?>, Form<?>> byType = new HashMap<>();

  Forms() {
    publishing();
    interest();
    standing();
    reading();
    delivering();
  }

  /** The form of a type; empty when its messages stay in their node. */
  @SuppressWarnings("unchecked")
  <T> Optional<Form<T>> of(Class<T> type) {
    return Optional.ofNullable((Form<T>) byType.get(type));
  }

  private void publishing() {
    put(
        Append.class,
        (out, m) -> {
          out.text(m.orgId());
          out.items(m.drafts(), Parts::draft);
          Parts.source(out, m.source());
        },
        in -> new Append(in.text(), in.items(Parts::draft), Parts.source(in)));
    put(
        Appended.class,
        (out, m) -> {
          out.items(m.outcomes(), Parts::outcome);
          Parts.budget(out, m.budget());
          out.optional(m.cursor(), Parts::position);
        },
        in -> new Appended(in.items(Parts::outcome), Parts.budget(in), in.optional(Parts::position)));
    put(
        AskOutbox.class,
        (out, m) -> {
          out.text(m.orgId());
          Parts.desktop(out, m.desktop());
          out.text(m.subject());
        },
        in -> new AskOutbox(in.text(), Parts.desktop(in), in.text()));
    put(
        OutboxMark.class,
        (out, m) -> {
          out.number(m.number());
          out.number(m.hash().hi());
          out.number(m.hash().lo());
          out.items(m.refused(), WireWriter::number);
        },
        in -> new OutboxMark(
            in.number(), new Hash128(in.number(), in.number()), in.items(WireReader::number)));
    put(CallbacksChanged.class, (out, m) -> out.text(m.orgId()), in -> new CallbacksChanged(in.text()));
  }

  private void interest() {
    put(
        Attach.class,
        (out, m) -> {
          out.text(m.gateway());
          out.text(m.orgId());
          out.integer(m.connections());
        },
        in -> new Attach(in.text(), in.text(), in.integer()));
    put(Attached.class, (out, m) -> out.optional(m.head(), Parts::head), in -> new Attached(in.optional(Parts::head)));
    put(
        Detach.class,
        (out, m) -> {
          out.text(m.gateway());
          out.text(m.orgId());
        },
        in -> new Detach(in.text(), in.text()));
    put(
        Connect.class,
        (out, m) -> {
          out.text(m.gateway());
          out.text(m.orgId());
        },
        in -> new Connect(in.text(), in.text()));
    empty(Connected.class, Connected::new);
    put(
        Disconnect.class,
        (out, m) -> {
          out.text(m.gateway());
          out.text(m.orgId());
        },
        in -> new Disconnect(in.text(), in.text()));
    put(
        Covered.class,
        (out, m) -> {
          out.text(m.gateway());
          out.number(m.sentBytes());
        },
        in -> new Covered(in.text(), in.number()));
    put(AskPresence.class, (out, m) -> Parts.channel(out, m.channel()), in -> new AskPresence(Parts.channel(in)));
    put(
        Present.class,
        (out, m) -> out.pairs(m.connectionsByUser(), WireWriter::integer),
        in -> new Present(in.pairs(WireReader::integer)));
  }

  private void standing() {
    put(AskHead.class, (out, m) -> out.text(m.orgId()), in -> new AskHead(in.text()));
    put(Head.class, Parts::head, Parts::head);
    empty(AskHeads.class, AskHeads::new);
    put(Heads.class, (out, m) -> out.items(m.heads(), Parts::head), in -> new Heads(in.items(Parts::head)));
    put(AskOwner.class, (out, m) -> out.text(m.logId()), in -> new AskOwner(in.text()));
    put(
        Owned.class,
        (out, m) -> out.optional(m.orgId(), WireWriter::text),
        in -> new Owned(in.optional(WireReader::text)));
    put(
        Standing.class,
        (out, m) -> {
          out.text(m.node());
          out.items(m.heads(), Parts::head);
        },
        in -> new Standing(in.text(), in.items(Parts::head)));
    put(
        Beat.class,
        (out, m) -> {
          Parts.node(out, m.node());
          out.items(m.shards(), WireWriter::integer);
          out.items(m.epochs(), WireWriter::number);
        },
        in -> new Beat(Parts.node(in), in.items(WireReader::integer), in.items(WireReader::number)));
  }

  private void reading() {
    put(
        Locate.class,
        (out, m) -> {
          Parts.channel(out, m.channel());
          Parts.since(out, m.since());
        },
        in -> new Locate(Parts.channel(in), Parts.since(in)));
    put(
        Located.class,
        (out, m) -> {
          Parts.head(out, m.head());
          out.number(m.after());
          out.number(m.missed());
        },
        in -> new Located(Parts.head(in), in.number(), in.number()));
    put(
        Read.class,
        (out, m) -> {
          out.text(m.reader());
          Parts.channel(out, m.channel());
          out.text(m.logId());
          out.number(m.after());
          out.integer(m.eventsMax());
          out.integer(m.bytesMax());
        },
        in -> new Read(in.text(), Parts.channel(in), in.text(), in.number(), in.integer(), in.integer()));
    put(
        Keep.class,
        (out, m) -> {
          out.text(m.reader());
          out.text(m.orgId());
          out.number(m.after());
        },
        in -> new Keep(in.text(), in.text(), in.number()));
    put(
        Page.class,
        (out, m) -> {
          Parts.head(out, m.head());
          Events.write(out, m.events());
          out.number(m.through());
        },
        in -> new Page(Parts.head(in), Events.read(in), in.number()));
  }

  private void delivering() {
    put(
        Delivery.class,
        (out, m) -> {
          out.text(m.node());
          out.text(m.orgId());
          out.text(m.logId());
          out.number(m.epoch());
          out.number(m.after());
          out.number(m.through());
          Events.write(out, m.events());
          out.number(m.sentBytes());
        },
        in -> new Delivery(
            in.text(),
            in.text(),
            in.text(),
            in.number(),
            in.number(),
            in.number(),
            Events.read(in),
            in.number()));
  }

  private <T extends Message> void empty(Class<T> type, Supplier<T> maker) {
    put(type, (out, m) -> { }, in -> maker.get());
  }

  private <T extends Message> void put(Class<T> type, BiConsumer<WireWriter, T> write, Function<WireReader, T> read) {
    byType.put(type, new Form<>(write, read));
  }
}
