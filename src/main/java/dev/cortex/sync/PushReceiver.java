package dev.cortex.sync;

import dev.cortex.auth.WebhookSignature;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Message.Push;
import dev.cortex.bus.Source;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.SyncCounters;
import dev.cortex.sync.Landing.Pushed;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Pushes of the cloud: believed only under one of the secrets this desktop told it, read strictly, and answered with
 * where the desktop stands. A replay finds its events stored and its range covered, so it has no effect.
 */
final class PushReceiver {

  private final Map<String, OrgSync> orgs;
  private final BridgeWorld world;
  private final Supplier<List<String>> secrets;

  /**
   * A receiver for the orgs that are synced.
   *
   * @param secrets those a push may be signed with; none while nothing is registered
   */
  PushReceiver(Map<String, OrgSync> orgs, BridgeWorld world, Supplier<List<String>> secrets) {
    this.orgs = orgs;
    this.world = world;
    this.secrets = secrets;
  }

  /** Takes a push; fails with a {@link RefusedException}. */
  Future<Answer> receive(Push push) {
    Future<Answer> answered;
    try {
      answered = read(push);
    } catch (RefusedException refused) {
      answered = Future.failedFuture(refused);
    }
    return answered.onFailure(failure -> count(SyncCounters.Push.REFUSED));
  }

  private Future<Answer> read(Push push) {
    Optional<String> doubt = WebhookSignature.doubt(
        secrets.get(), push.id(), push.timestamp(), push.signature(), push.body(), world.clock().wallMs());
    if (doubt.isPresent()) {
      throw new RefusedException(ErrorCode.BAD_SIGNATURE, doubt.get());
    }
    CloudPush read = CloudPush.read(push.body());
    if (read instanceof CloudPush.Challenge challenge) {
      return challenge(challenge.text());
    }
    return read instanceof CloudPush.Range range ? range(range) : loose((CloudPush.Loose) read);
  }

  private Future<Answer> challenge(String text) {
    orgs.values().forEach(org -> org.inbound().ladder().onProof(world.nowMs()));
    count(SyncCounters.Push.CHALLENGE);
    return Future.succeededFuture(ok(new JsonObject().put("challenge", text)));
  }

  private Future<Answer> range(CloudPush.Range range) {
    if (range.orgs().size() > 1 || range.orgs().contains("")) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, "the events of a range are not all of one org");
    }
    Optional<OrgSync> org = range.orgs().isEmpty()
        ? byLog(range.logId())
        : Optional.of(synced(range.orgs()).iterator().next());
    if (org.isEmpty()) {
      // nothing says whose log that is
      count(SyncCounters.Push.BEHIND);
      return Future.succeededFuture(ok(new JsonObject().put("status", "behind").putNull("cursor")));
    }
    Source.Cloud source =
        new Source.Cloud(org.get().orgId(), range.logId(), range.after(), range.through(), false);
    return org.get().inbound().push(source, range.events()).map(pushed -> {
      count(SyncCounters.Push.valueOf(pushed.name()));
      return status(pushed, Optional.of(org.get()));
    });
  }

  private Future<Answer> loose(CloudPush.Loose loose) {
    if (loose.orgs().contains("")) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, "an event without a place has to name its org");
    }
    Collection<OrgSync> concerned = synced(loose.orgs());
    return world.log().store(loose.events(), loose.format(), new Source.Single()).map(ingested -> {
      Pushed pushed = judge(ingested);
      if (pushed == Pushed.BEHIND) {
        concerned.forEach(org -> org.inbound().behind());
      }
      count(SyncCounters.Push.valueOf(pushed.name()));
      return status(pushed, concerned.size() == 1 ? concerned.stream().findFirst() : Optional.empty());
    });
  }

  private Pushed judge(Ingested ingested) {
    boolean accepted = false;
    boolean behind = false;
    for (Outcome outcome : ingested.outcomes()) {
      ErrorCode code = outcome.error().orElse(ErrorCode.TIMEOUT);
      // of an event that has its turn later the room says that it moves there
      boolean unsettled = outcome.status() == Outcome.Status.UNKNOWN;
      if (unsettled && code != ErrorCode.MOVED) {
        throw new RefusedException(code, code.sentence());
      }
      accepted |= outcome.status() == Outcome.Status.ACCEPTED;
      behind |= outcome.status() == Outcome.Status.REJECTED || unsettled;
    }
    return behind ? Pushed.BEHIND : accepted ? Pushed.APPLIED : Pushed.DUPLICATE;
  }

  private Optional<OrgSync> byLog(String logId) {
    return orgs.values().stream()
        .filter(org -> org.inbound().cursor().stored().filter(at -> at.logId().equals(logId)).isPresent())
        .findFirst();
  }

  private List<OrgSync> synced(Set<String> names) {
    return names.stream()
        .map(name -> Optional.ofNullable(orgs.get(name)).orElseThrow(() ->
            new RefusedException(ErrorCode.FORBIDDEN, "this desktop does not sync that org")))
        .toList();
  }

  private static Answer status(Pushed pushed, Optional<OrgSync> org) {
    String cursor = org.flatMap(one -> one.inbound().cursor().stored()).map(Position::cursor).orElse(null);
    String word = SyncCounters.Push.valueOf(pushed.name()).label();
    return ok(new JsonObject().put("status", word).put("cursor", cursor));
  }

  private static Answer ok(JsonObject body) {
    return new Answer(200, body.toBuffer().getBytes());
  }

  private void count(SyncCounters.Push push) {
    world.metrics().sync().pushed(push);
  }
}
