package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.List;
import java.util.Set;

/**
 * On whose behalf something is asked, and what they may do. Made by the door from a token or, on a desktop, from the
 * local rules; everything behind the door trusts it.
 *
 * @param name who: the token's subject, or the name of a service token; never a secret
 * @param service whether a back-end service speaks, which may publish in any user's name
 * @param orgs orgs it belongs to; empty means every org
 * @param scopes what it may do
 * @param channels where it may do it; empty means everywhere in its orgs
 * @param expiresAtMs when that ends, Unix milliseconds; {@link Long#MAX_VALUE} when it does not
 */
@Pure
public record Principal(
    String name,
    boolean service,
    Set<String> orgs,
    Set<Scope> scopes,
    List<ChannelPattern> channels,
    long expiresAtMs) {

  /** Whoever may use a desktop server: everything, in every org, in any user's name. */
  public static final Principal LOCAL =
      new Principal("local", true, Set.of(), Set.of(Scope.values()), List.of(), Long.MAX_VALUE);

  /** Whether it belongs to that org. */
  public boolean isOf(String orgId) {
    return orgs.isEmpty() || orgs.contains(orgId);
  }

  /** Whether it may do that with everything beneath a channel. */
  public boolean may(Scope scope, Channel channel) {
    return scopes.contains(scope)
        && isOf(channel.orgId())
        && (channels.isEmpty() || channels.stream().anyMatch(pattern -> pattern.covers(channel)));
  }

  /** Who it is, told apart from a caller of the other kind with the same name. */
  public String subject() {
    return (service ? "service " : "user ") + name;
  }

  /** The user an event gets that names none; an event that names another is refused unless a service sends it. */
  public String userId() {
    return name;
  }
}
