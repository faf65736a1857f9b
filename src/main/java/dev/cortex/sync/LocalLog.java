package dev.cortex.sync;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskSyncState;
import dev.cortex.bus.Message.ConfirmOutbox;
import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.OutboxPage;
import dev.cortex.bus.Message.ReadOutbox;
import dev.cortex.bus.Message.Refusal;
import dev.cortex.bus.Message.Reincarnate;
import dev.cortex.bus.Message.RenumberOutbox;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.bus.Requests;
import dev.cortex.bus.RoomCalls;
import dev.cortex.bus.Source;
import dev.cortex.event.Principal;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;

/**
 * The log of this desktop, as the sync uses it: its room and its ingest, asked over the bus. Failures are
 * {@link dev.cortex.event.RefusedException}s.
 */
final class LocalLog {

  /** Longer than a store may be busy. */
  private static final long TIMEOUT_MS = 15_000;

  private final Vertx vertx;
  private final RoomCalls rooms;

  /** The log of a node that is alone. */
  LocalLog(Vertx vertx, Directory directory) {
    this.vertx = vertx;
    this.rooms = new RoomCalls(vertx, directory);
  }

  /** How the desktop stands with the cloud in an org. */
  Future<SyncState> state(String orgId) {
    return rooms.read(orgId, new AskSyncState(orgId), SyncState.class, TIMEOUT_MS);
  }

  /** Events of the outbox with numbers above {@code after}, in order. */
  Future<OutboxPage> read(String orgId, long after, int eventsMax, int bytesMax) {
    return rooms.read(orgId, new ReadOutbox(orgId, after, eventsMax, bytesMax), OutboxPage.class, TIMEOUT_MS);
  }

  /** Notes what the cloud answered. */
  Future<SyncState> confirm(String orgId, String incarnation, long through, List<Refusal> refused) {
    return change(orgId, new ConfirmOutbox(orgId, incarnation, through, refused));
  }

  /** Begins a new incarnation of this desktop, whose log lost events if it was {@code restored}. */
  Future<SyncState> reincarnate(String orgId, boolean restored) {
    return change(orgId, new Reincarnate(orgId, restored));
  }

  /** Ends the former incarnation, of which the cloud took what it says. */
  Future<SyncState> renumber(String orgId, OutboxMark mark) {
    return change(orgId, new RenumberOutbox(orgId, mark.number(), mark.refused()));
  }

  /**
   * Stores events of the cloud.
   *
   * @param events one event or an array, as it came
   */
  Future<Ingested> store(byte[] events, Format format, Source source) {
    Ingest ingest = new Ingest(events, format, Map.of(), Principal.LOCAL, "", source);
    return Requests.ask(vertx.eventBus(), Addresses.INGEST, ingest, Ingested.class, TIMEOUT_MS);
  }

  private Future<SyncState> change(String orgId, Message question) {
    return rooms.ask(orgId, question, SyncState.class, TIMEOUT_MS);
  }
}
