package dev.cortex.gateway;

import dev.cortex.base.Pure;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Ids;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import java.util.List;
import java.util.Optional;

/**
 * What of the logs a caller may see. Every channel that is asked for passes here before anything is looked up, so a
 * refusal says nothing of what exists: that of a foreign org reads as that of an org that nobody has.
 */
@Pure
final class Reach {

  private static final String FORBIDDEN = "this caller may not read that channel";

  private Reach() {}

  /** Whether the caller may follow every org, those that appear later included: only on a desktop. */
  static boolean isEverything(Principal principal) {
    return principal == Principal.LOCAL;
  }

  /** The channel, when the caller may read everything beneath it; else a refusal. */
  static Channel checked(Principal principal, Channel channel) {
    if (!principal.may(Scope.SUBSCRIBE, channel)) {
      throw new RefusedException(ErrorCode.FORBIDDEN, refusal(principal, channel));
    }
    return channel;
  }

  /** Says more only where the org is the caller's own, which it knows from its token. */
  private static String refusal(Principal principal, Channel channel) {
    if (!principal.isOf(channel.orgId())) {
      return FORBIDDEN;
    }
    String why = principal.scopes().contains(Scope.SUBSCRIBE) ? "channels do not cover it" : "scope lacks subscribe";
    return "this caller may not read " + channel.text() + ": its " + why;
  }

  /** The channels, when the caller may read all of them; else a refusal. */
  static List<Channel> checked(Principal principal, List<Channel> channels) {
    channels.forEach(channel -> checked(principal, channel));
    return channels;
  }

  /**
   * The channel of a caller that names none: the root of its org. Refused unless it has one org, and may read it whole.
   */
  static Channel home(Principal principal) {
    if (principal.orgs().size() != 1) {
      throw new RefusedException(ErrorCode.FORBIDDEN, "this caller belongs to more than one org: name a channel");
    }
    Channel root = Channel.root(principal.orgs().iterator().next());
    if (principal.scopes().contains(Scope.SUBSCRIBE) && !principal.may(Scope.SUBSCRIBE, root)) {
      throw new RefusedException(ErrorCode.FORBIDDEN, "this caller may not read its whole org: name a channel");
    }
    return checked(principal, root);
  }

  /**
   * The one channel a query asks for: {@code channel}, which an {@code orgId} beside it must agree with, or the root of
   * that org. Empty when it names neither.
   */
  static Optional<Channel> only(Principal principal, Query query) {
    Optional<String> orgId = query.text("orgId");
    Optional<Channel> named = query.text("channel").map(Query::channel);
    if (orgId.isPresent() && !Ids.isName(orgId.get())) {
      throw new RefusedException(
          ErrorCode.BAD_REQUEST, "orgId is a name of 1 to 128 of A-Z a-z 0-9 . _ ~ -");
    }
    if (orgId.isPresent() && named.isPresent() && !named.get().orgId().equals(orgId.get())) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, "orgId and channel name different orgs");
    }
    return named.or(() -> orgId.map(Channel::root)).map(channel -> checked(principal, channel));
  }
}
