package dev.cortex.callback;

import dev.cortex.auth.StrictJson;
import dev.cortex.auth.WebhookSignature;
import dev.cortex.base.Clock;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.RegisterCallback;
import dev.cortex.bus.Message.RemoveCallback;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Ids;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import dev.cortex.store.StoreException;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Registers and removes callbacks on behalf of desktops. A callback is registered for orgs that its subject may
 * subscribe to, and only after what is there echoed a challenge that was signed with the new secret.
 */
final class Registrations {

  /** How long a callback lives unless it is renewed, in milliseconds. */
  static final long LEASE_MS = 600_000;

  /** Orgs of one registration. */
  static final int ORGS_MAX = 100;

  /** Challenges at a time: of one installation, of one subject, of one org, and of all. */
  static final int PENDING_INSTALL = 2;
  static final int PENDING_SUBJECT = 16;
  static final int PENDING_ORG = 32;
  static final int PENDING_ALL = 128;

  private static final int BODY_MAX = 16 * 1024;

  /** What a desktop asks for. */
  private record Wish(String url, List<String> orgs, String secret) {}

  private final CallbackRegistry registry;
  private final Challenge challenge;
  private final boolean allowPrivate;
  private final Clock clock;
  private final Consumer<String> changed;
  private final Map<String, Integer> pending = new HashMap<>();
  private int pendingAll;

  /**
   * Nothing is pending.
   *
   * @param changed hears of each org whose callbacks are others than before
   */
  Registrations(
      CallbackRegistry registry, Challenge challenge, boolean allowPrivate, Clock clock, Consumer<String> changed) {
    this.registry = registry;
    this.challenge = challenge;
    this.allowPrivate = allowPrivate;
    this.clock = clock;
    this.changed = changed;
  }

  /** Registers a callback, or renews it; fails with a {@link RefusedException}. */
  Future<Answer> register(RegisterCallback ask) {
    Wish wish = wish(ask.body());
    requireOrgs(ask.principal(), wish.orgs());
    CallbackAddress to = CallbackAddress.parse(wish.url(), allowPrivate);
    String subject = ask.principal().subject();
    Map<String, Integer> claims = new HashMap<>();
    claims.put("install " + subject + ' ' + ask.desktop().install(), PENDING_INSTALL);
    claims.put("subject " + subject, PENDING_SUBJECT);
    wish.orgs().forEach(orgId -> claims.put("org " + orgId, PENDING_ORG));
    claim(claims);
    return challenge.prove(wish.url(), wish.secret(), to.host() + ':' + to.port())
        .onComplete(done -> release(claims.keySet()))
        .compose(proven -> {
          long leaseUntilMs = Math.min(clock.wallMs() + LEASE_MS, ask.principal().expiresAtMs());
          if (leaseUntilMs <= clock.wallMs()) {
            return Future.failedFuture(
                new RefusedException(ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_EXPIRED.sentence()));
          }
          return registry
              .put(new Registration(
                  subject, ask.principal().orgs(), ask.desktop(), wish.orgs(), wish.url(), wish.secret(),
                  ask.principal().channels(), leaseUntilMs))
              .map(id -> registered(
                  id.orElseThrow(() -> new RefusedException(
                      ErrorCode.RATE_LIMITED, "One of the orgs has as many callbacks as it may have")),
                  wish, leaseUntilMs));
        })
        .recover(Registrations::refused);
  }

  private Answer registered(String id, Wish wish, long leaseUntilMs) {
    wish.orgs().forEach(changed);
    return new Answer(201, json("{\"id\":\"" + id + "\",\"leaseUntil\":" + leaseUntilMs + '}'));
  }

  /** Removes a callback; fails with a {@link RefusedException}. */
  Future<Answer> remove(RemoveCallback ask) {
    return registry.remove(ask.id(), ask.principal().subject(), ask.principal().orgs())
        .map(orgs -> {
          if (orgs.isEmpty()) {
            throw new RefusedException(ErrorCode.NOT_FOUND, "There is no such callback of yours");
          }
          orgs.forEach(changed);
          return new Answer(204, new byte[0]);
        })
        .recover(Registrations::refused);
  }

  private static Wish wish(byte[] body) {
    if (body.length > BODY_MAX) {
      throw new RefusedException(ErrorCode.BODY_TOO_LARGE, "The body may have " + BODY_MAX + " bytes");
    }
    Map<String, Object> members;
    try {
      members = StrictJson.object(body);
    } catch (IOException notStrict) {
      throw new RefusedException(ErrorCode.NOT_JSON, "The body is not a strict JSON object");
    }
    if (!(members.get("url") instanceof String url)) {
      throw bad("'url' must be a string");
    }
    if (!(members.get("secret") instanceof String secret) || !WebhookSignature.isSecret(secret)) {
      throw bad("'secret' must be whsec_ and the base64 text of 24 to 64 bytes");
    }
    if (!(members.get("orgs") instanceof List<?> orgs)
        || orgs.isEmpty() || orgs.size() > ORGS_MAX || new HashSet<Object>(orgs).size() < orgs.size()
        || !orgs.stream().allMatch(org -> org instanceof String name && Ids.isName(name))) {
      throw bad("'orgs' must be an array of 1 to " + ORGS_MAX + " different org ids");
    }
    return new Wish(url, orgs.stream().map(String.class::cast).toList(), secret);
  }

  private static void requireOrgs(Principal principal, List<String> orgs) {
    for (String orgId : orgs) {
      boolean somewhere = principal.channels().isEmpty()
          || principal.channels().stream().anyMatch(
              pattern -> pattern.orgId().equals("*") || pattern.orgId().equals(orgId));
      if (!principal.scopes().contains(Scope.SUBSCRIBE) || !principal.isOf(orgId) || !somewhere) {
        throw new RefusedException(ErrorCode.FORBIDDEN, "This caller may not subscribe to every one of these orgs");
      }
    }
  }

  /** Counts one more of each kind, of which there may be so many. */
  private void claim(Map<String, Integer> claims) {
    boolean full = claims.entrySet().stream()
        .anyMatch(claim -> pending.getOrDefault(claim.getKey(), 0) >= claim.getValue());
    if (full || pendingAll >= PENDING_ALL) {
      throw new RefusedException(ErrorCode.RATE_LIMITED, "Too many callbacks are being registered");
    }
    pendingAll++;
    claims.keySet().forEach(claim -> pending.merge(claim, 1, Integer::sum));
  }

  private void release(Set<String> claims) {
    pendingAll--;
    claims.forEach(claim -> pending.computeIfPresent(claim, (one, count) -> count == 1 ? null : count - 1));
  }

  private static RefusedException bad(String what) {
    return new RefusedException(ErrorCode.BAD_REQUEST, "Field " + what);
  }

  private static Future<Answer> refused(Throwable failure) {
    if (!(failure instanceof StoreException store)) {
      return Future.failedFuture(failure);
    }
    ErrorCode code = switch (store.kind()) {
      case BUSY -> ErrorCode.STORAGE_BUSY;
      case FULL -> ErrorCode.STORAGE_FULL;
      case READ_ONLY -> ErrorCode.STORAGE_READ_ONLY;
      case CORRUPT -> ErrorCode.STORAGE_CORRUPT;
      case INCOMPATIBLE, UNKNOWN -> ErrorCode.STORAGE_ERROR;
    };
    return Future.failedFuture(new RefusedException(code, "The registry of callbacks: " + store.getMessage()));
  }

  private static byte[] json(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
