package dev.cortex.gateway;

import dev.cortex.bus.Message.AskOutbox;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Ids;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HexFormat;

/** Tells a desktop how far the cloud took its outbox. */
final class OutboxRoute {

  private final Reading reading;

  OutboxRoute(Reading reading) {
    this.reading = reading;
  }

  /** Serves one request. */
  void handle(HttpServerRequest request, Principal principal) {
    try {
      Desktop desktop = DesktopHeaders.required(request.headers());
      String orgId = org(Query.of(request), principal);
      reading.rooms()
          .read(orgId, new AskOutbox(orgId, desktop, principal.subject()), OutboxMark.class, Reading.ROOM_BUDGET_MS)
          .onSuccess(mark -> JsonAnswers.send(request, 200, json(mark)))
          .onFailure(failure -> Problems.answer(request, failure));
    } catch (RefusedException refused) {
      Problems.answer(request, refused);
    }
  }

  private static String org(Query query, Principal principal) {
    String orgId = query.text("orgId").orElse("");
    if (!Ids.isName(orgId)) {
      throw new RefusedException(
          ErrorCode.BAD_REQUEST, "orgId is required: a name of 1 to 128 of A-Z a-z 0-9 . _ ~ -");
    }
    if (!principal.scopes().contains(Scope.PUBLISH) || !principal.isOf(orgId)) {
      throw new RefusedException(ErrorCode.FORBIDDEN, "this caller may not publish there");
    }
    return orgId;
  }

  private static JsonObject json(OutboxMark mark) {
    HexFormat hex = HexFormat.of();
    return new JsonObject()
        .put("number", mark.number())
        .put("hash", hex.toHexDigits(mark.hash().hi()) + hex.toHexDigits(mark.hash().lo()))
        .put("refused", new JsonArray(mark.refused()));
  }
}
