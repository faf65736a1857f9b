package dev.cortex.sim;

import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeReader;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.event.LeftOut;
import dev.cortex.event.Parsed;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.LocalOutbox;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The contract of a desktop's outbox over a {@link MemoryLog}, with its late answers and failures. */
public final class MemoryOutbox implements LocalOutbox {

  private static final EnvelopeReader READER = new EnvelopeReader(1 << 16);

  private final MemoryLog log;
  private final Map<String, Map<String, Aside>> asides = new HashMap<>();
  private final Map<String, Former> formers = new HashMap<>();
  private Desktop desktop;
  private int renewals;

  private record Former(String incarnation, long head) {}

  /** The outbox of a desktop of that name. */
  public MemoryOutbox(MemoryLog log, String install) {
    this.log = log;
    this.desktop = new Desktop(install, "i1");
  }

  @Override
  public Desktop desktop() {
    return desktop;
  }

  /** How often a log got another id. */
  public int renewals() {
    return renewals;
  }

  /** What is set aside in an org and not on its way again. */
  public List<Aside> refused(String orgId) {
    return asidesOf(orgId).values().stream().filter(aside -> !aside.again()).toList();
  }

  /** Numbers given and not confirmed. */
  public long unconfirmed(String orgId) {
    return log.org(orgId).outboxHead - log.org(orgId).outboxConfirmed;
  }

  @Override
  public Future<State> state(String orgId) {
    return log.read(() -> stateOf(orgId));
  }

  private State stateOf(String orgId) {
    MemoryLog.Org org = log.org(orgId);
    Former former = formers.get(orgId);
    return new State(
        org.outboxHead, org.outboxConfirmed, Optional.ofNullable(former).map(Former::incarnation),
        former == null ? 0 : former.head(), refused(orgId).size());
  }

  @Override
  public Future<List<Numbered>> read(String orgId, long after, int eventsMax, int bytesMax) {
    return log.read(() -> {
      List<Numbered> page = new ArrayList<>();
      numbered(orgId).tailMap(after, false).forEach((number, event) -> {
        if (page.size() < eventsMax) {
          page.add(new Numbered(number, id(event), event));
        }
      });
      return page;
    });
  }

  /** The events by the numbers they have now. */
  private TreeMap<Long, StoredEvent> numbered(String orgId) {
    MemoryLog.Org org = log.org(orgId);
    TreeMap<Long, StoredEvent> numbered = new TreeMap<>();
    for (int i = 0; i < org.events.size(); i++) {
      if (org.numbers.get(i) > 0) {
        StoredEvent event = org.events.get(i);
        Aside aside = asidesOf(orgId).get(id(event));
        numbered.put(org.numbers.get(i), aside != null && aside.givenUp() ? mark(org, event, aside.code()) : event);
      }
    }
    return numbered;
  }

  private static StoredEvent mark(MemoryLog.Org org, StoredEvent event, String code) {
    Draft mark = LeftOut.of(((Parsed.Valid) READER.readEvent(event.json())).draft(), code);
    byte[] json = EnvelopeWriter.write(mark, org.logId, event.offset(), event.sequence(), event.receivedAt());
    return new StoredEvent(
        event.offset(), event.agentId(), event.sessionId(), event.sequence(), event.priority(), event.receivedAt(),
        json);
  }

  @Override
  public Future<State> confirm(String orgId, String incarnation, long through, List<Refusal> refused) {
    return log.write(() -> {
      MemoryLog.Org org = log.org(orgId);
      if (incarnation.equals(desktop.incarnation()) && through > org.outboxConfirmed) {
        Map<Long, Refusal> byNumber = new HashMap<>();
        refused.forEach(refusal -> byNumber.put(refusal.number(), refusal));
        numbered(orgId).subMap(org.outboxConfirmed, false, through, true).forEach((number, sent) -> {
          Refusal refusal = byNumber.get(number);
          StoredEvent event = org.events.get((int) sent.offset() - 1);
          if (sent != event) {
            org.numbers.set((int) event.offset() - 1, 0L);
          }
          if (refusal == null) {
            asidesOf(orgId).remove(id(event));
          } else {
            asidesOf(orgId).put(
                id(event), new Aside(id(event), refusal.code(), refusal.message(), 0, false, false, event));
          }
        });
        org.outboxConfirmed = through;
      }
      return stateOf(orgId);
    });
  }

  @Override
  public Future<Desktop> reincarnate(boolean restored) {
    return log.write(() -> {
      for (String orgId : log.orgIds()) {
        formers.computeIfAbsent(
            orgId, org -> new Former(desktop.incarnation(), log.org(orgId).outboxConfirmed));
        if (restored) {
          renew(orgId);
        }
      }
      desktop = new Desktop(desktop.install(), "i" + (Integer.parseInt(desktop.incarnation().substring(1)) + 1));
      return desktop;
    });
  }

  @Override
  public Future<State> renumber(String orgId, long through, List<Long> refused) {
    return log.write(() -> {
      MemoryLog.Org org = log.org(orgId);
      long taken = Math.min(through, formers.get(orgId).head());
      long next = 0;
      for (Map.Entry<Long, StoredEvent> one : numbered(orgId).entrySet()) {
        int index = (int) one.getValue().offset() - 1;
        org.numbers.set(index, one.getKey() <= taken && !refused.contains(one.getKey()) ? 0 : ++next);
      }
      org.outboxHead = next;
      org.outboxConfirmed = 0;
      formers.remove(orgId);
      return stateOf(orgId);
    });
  }

  @Override
  public Future<List<Aside>> aside(String orgId, int limit) {
    return log.read(() -> asidesOf(orgId).values().stream().limit(limit).toList());
  }

  @Override
  public Future<State> sendAgain(String orgId, List<String> ids) {
    return log.write(() -> {
      MemoryLog.Org org = log.org(orgId);
      for (Aside aside : refused(orgId)) {
        if (ids.isEmpty() || ids.contains(aside.id())) {
          org.numbers.set((int) aside.event().offset() - 1, ++org.outboxHead);
          asidesOf(orgId).put(
              aside.id(),
              new Aside(aside.id(), aside.code(), aside.message(), aside.atMs(), true, false, aside.event()));
        }
      }
      return stateOf(orgId);
    });
  }

  @Override
  public Future<State> giveUp(String orgId, List<String> ids) {
    return log.write(() -> {
      MemoryLog.Org org = log.org(orgId);
      Set<String> goOn = new HashSet<>();
      List<Aside> inOrder = new ArrayList<>(refused(orgId));
      inOrder.sort(Comparator.comparingLong(aside -> aside.event().offset()));
      for (Aside aside : inOrder) {
        StoredEvent event = aside.event();
        int index = (int) event.offset() - 1;
        String session = event.agentId() + ':' + event.sessionId();
        boolean given = ids.contains(aside.id());
        boolean missed = !event.sessionId().isEmpty() && !aside.code().equals("session_elsewhere");
        if (given && !missed) {
          org.numbers.set(index, 0L);
          asidesOf(orgId).remove(aside.id());
        } else if (given || (aside.code().equals("sequence_conflict") && goOn.contains(session))) {
          goOn.add(session);
          org.numbers.set(index, ++org.outboxHead);
          asidesOf(orgId).put(
              aside.id(), new Aside(aside.id(), aside.code(), aside.message(), aside.atMs(), true, given, event));
        }
      }
      return stateOf(orgId);
    });
  }

  @Override
  public Future<Void> renewLogId(String orgId) {
    return log.write(() -> {
      renew(orgId);
      return null;
    });
  }

  private void renew(String orgId) {
    log.org(orgId).logId = "renewedlog" + String.format("%03d", ++renewals);
  }

  private Map<String, Aside> asidesOf(String orgId) {
    return asides.computeIfAbsent(orgId, org -> new LinkedHashMap<>());
  }

  private static String id(StoredEvent event) {
    return Traffic.field(event, "id");
  }
}
