package dev.cortex.gateway;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskSetAside;
import dev.cortex.bus.Message.GiveUp;
import dev.cortex.bus.Message.SendAgain;
import dev.cortex.bus.Message.SetAside;
import dev.cortex.bus.Message.SetAsideEvent;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Ids;
import dev.cortex.event.JsonCursor;
import dev.cortex.event.JsonSlice;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How a desktop stands with its cloud, for people: the state, and the events the cloud refused for good. */
final class SyncRoute {

  /** Largest body, bytes: room for as many ids as can be listed. */
  static final int BODY_MAX = 512 << 10;

  private static final String TOO_LARGE = "it never fits: give it up";
  /** What can be done about an event that was refused with a code. */
  private static final Map<String, String> HINTS = Map.of(
      ErrorCode.SESSION_ELSEWHERE.code(),
      "the session has its home in another log; publish it there, or under a new sessionId",
      ErrorCode.FORBIDDEN.code(),
      "the token of this desktop may not publish this: leave userId out, or use a token that may and send it again;"
          + " or give it up",
      ErrorCode.SEQUENCE_CONFLICT.code(),
      "an earlier event of its session was refused, or the session went on without it: send that one again or give"
          + " it up first; when there is none, give this one up",
      ErrorCode.PAYLOAD_TOO_LARGE.code(), TOO_LARGE,
      ErrorCode.BODY_TOO_LARGE.code(), TOO_LARGE);
  /** Most ids in a body, and most events that a room lists. */
  private static final int IDS_MAX = 1_000;

  private final Reading reading;
  private final Bodies bodies;
  private final SyncStatus status;

  SyncRoute(Reading reading, Bodies bodies, SyncStatus status) {
    this.reading = reading;
    this.bodies = bodies;
    this.status = status;
  }

  /** Serves the state. */
  void state(HttpServerRequest request) {
    status.all().onSuccess(all -> JsonAnswers.send(request, 200, all));
  }

  /** Serves the events that were set aside. */
  void setAside(HttpServerRequest request) {
    try {
      String orgId = org(Query.of(request).text("orgId").orElse(""));
      Future<SetAside> asked = status.configured()
          ? reading.rooms().read(orgId, new AskSetAside(orgId), SetAside.class, Reading.ROOM_BUDGET_MS)
          : Future.succeededFuture(new SetAside(List.of()));
      asked
          .onSuccess(found -> JsonAnswers.send(request, 200, json(found)))
          .onFailure(failure -> Problems.answer(request, failure));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** Serves the wish to send some of them again, or all. */
  void again(HttpServerRequest request) {
    change(request, wish -> new SendAgain(wish.orgId(), wish.ids()));
  }

  /** Serves the wish to leave some of them out for ever. */
  void giveUp(HttpServerRequest request) {
    change(request, wish -> {
      if (wish.ids().isEmpty()) {
        throw refused("ids is required: the ids of the events to leave out");
      }
      return new GiveUp(wish.orgId(), wish.ids());
    });
  }

  /** What a body says of events that were set aside; no ids when it names none. */
  private record Wish(String orgId, List<String> ids) {}

  private void change(HttpServerRequest request, Function<Wish, Message> command) {
    try {
      ContentTypes.requireJson(request.headers());
      if (!status.configured()) {
        throw new RefusedException(ErrorCode.NOT_FOUND, "no cloud is configured, so nothing is set aside");
      }
      bodies
          .serve(request, BODY_MAX, body -> {
            Wish wish = wish(body);
            Message asked = command.apply(wish);
            return listed(wish).compose(all ->
                reading.rooms().ask(wish.orgId(), asked, SyncState.class, Reading.ROOM_BUDGET_MS));
          })
          .onSuccess(state -> JsonAnswers.send(request, 200, json(state)))
          .onFailure(failure -> Problems.answer(request, failure));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  /** Fails when an id is not set aside; a list that is full does not tell. */
  private Future<Void> listed(Wish wish) {
    if (wish.ids().isEmpty()) {
      return Future.succeededFuture();
    }
    return reading.rooms()
        .read(wish.orgId(), new AskSetAside(wish.orgId()), SetAside.class, Reading.ROOM_BUDGET_MS)
        .compose(found -> {
          Set<String> known = found.events().stream().map(SetAsideEvent::id).collect(Collectors.toSet());
          return wish.ids().stream()
              .filter(id -> known.size() < IDS_MAX && !known.contains(id))
              .findFirst()
              .<Future<Void>>map(id -> Future.failedFuture(new RefusedException(
                  ErrorCode.NOT_FOUND, id + " is not set aside in " + wish.orgId() + "; nothing was done")))
              .orElseGet(Future::succeededFuture);
        });
  }

  private static Wish wish(byte[] body) {
    if (body.length == 0) {
      throw refused("there is no body: it is an object with orgId and ids");
    }
    JsonCursor cursor = new JsonCursor(body);
    if (cursor.peek() != '{') {
      throw refused("the body is an object");
    }
    String orgId = "";
    List<String> ids = List.of();
    cursor.open();
    while (cursor.nextField()) {
      String name = cursor.name();
      JsonSlice value = cursor.value();
      if (name.equals("orgId")) {
        orgId = value.isString() ? value.string() : "";
      } else if (name.equals("ids")) {
        ids = ids(value);
      } else {
        throw refused("the body holds orgId and ids, and no " + name);
      }
    }
    cursor.expectEnd();
    return new Wish(org(orgId), ids);
  }

  private static List<String> ids(JsonSlice value) {
    if (!value.isArray()) {
      throw refused("ids is an array of event ids");
    }
    List<String> ids = new ArrayList<>();
    JsonCursor cursor = value.cursor();
    cursor.open();
    while (cursor.nextElement()) {
      JsonSlice id = cursor.value();
      if (!id.isString() || !Ids.isKey(id.string()) || ids.size() == IDS_MAX) {
        throw refused("ids holds at most " + IDS_MAX + " event ids");
      }
      ids.add(id.string());
    }
    return List.copyOf(ids);
  }

  private static String org(String orgId) {
    if (!Ids.isName(orgId)) {
      throw refused("orgId is required: a name of 1 to 128 of A-Z a-z 0-9 . _ ~ -");
    }
    return orgId;
  }

  private static RefusedException refused(String message) {
    return new RefusedException(ErrorCode.BAD_REQUEST, message);
  }

  private static Buffer json(SetAside found) {
    Buffer body = Buffer.buffer("{\"events\":[");
    String separator = "";
    for (SetAsideEvent event : found.events()) {
      JsonObject members =
          new JsonObject()
              .put("id", event.id())
              .put("code", event.code())
              .put("message", event.message())
              .put("refusedAt", event.atMs())
              .put("again", event.again())
              .put("givenUp", event.givenUp());
      if (!event.again() && HINTS.containsKey(event.code())) {
        members.put("hint", HINTS.get(event.code()));
      }
      String facts = members.encode();
      // the envelope goes in as it is: no number in it is read and written anew
      body.appendString(separator)
          .appendString(facts.substring(0, facts.length() - 1))
          .appendString(",\"event\":")
          .appendBytes(event.json())
          .appendString("}");
      separator = ",";
    }
    return body.appendString("]}");
  }

  private static JsonObject json(SyncState state) {
    return new JsonObject().put(
        "outbox",
        new JsonObject()
            .put("head", state.outboxHead())
            .put("confirmed", state.outboxConfirmed())
            .put("setAside", state.setAside()));
  }
}
