package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of a cloud node's internal listener: metrics, console and administration. Bound to loopback it hears this
 * machine only, by the same rules as a desktop and its own pages alone, for a rebound host name reaches it like any
 * other. Bound wider it asks for the token of somebody who may administer.
 */
@Pure
public final class InternalGuard {

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "::1", "localhost");
  private static final Set<String> QUERY_TOKEN_PATHS = Set.of("/ws", "/api/ws", "/api/stream");
  private static final Set<String> SCHEMES = Set.of("http://", "https://");

  private final Optional<LocalGuard> loopback;

  /**
   * Creates a guard.
   *
   * @param host the address the listener is bound to
   * @param port the port in use
   */
  public InternalGuard(String host, int port) {
    this.loopback =
        LOOPBACK.contains(host) ? Optional.of(new LocalGuard(List.of(), port, Optional.empty())) : Optional.empty();
  }

  /** Whether the request may be heard, and with which token. */
  public GuardDecision check(LocalGuard.Request request) {
    if (loopback.isPresent()) {
      Optional<LocalGuard.Refusal> refusal = loopback.get().check(request);
      return refusal.<GuardDecision>map(GuardDecision.Refused::new).orElse(GuardDecision.OPEN);
    }
    GuardedRequest read = GuardedRequest.of(request);
    if (!isOwnPage(read)) {
      return GuardDecision.refused(ErrorCode.BAD_ORIGIN, "Only this listener's own pages may call it");
    }
    // health tells details here, so that it is not open even where a desktop's is
    boolean open = read.isOpen() && !read.path().equals("/health");
    return open ? GuardDecision.OPEN : ShownToken.of(read, QUERY_TOKEN_PATHS);
  }

  /**
   * Whether the holder of a good token may use this listener: empty, or the refusal to answer with. What is told here
   * concerns every org, so that the administrator of one has no business here.
   */
  public Optional<LocalGuard.Refusal> admit(Principal principal) {
    return principal.orgs().isEmpty() && principal.scopes().contains(Scope.ADMIN)
        ? Optional.empty()
        : Optional.of(new LocalGuard.Refusal(
            ErrorCode.FORBIDDEN, "This needs a service token of all orgs with the scope admin"));
  }

  /** That the origin is the host asked proves nothing of a rebound name; it keeps pages apart, the token decides. */
  private static boolean isOwnPage(GuardedRequest request) {
    if (request.origins().isEmpty()) {
      return true;
    }
    if (request.origins().size() > 1 || request.hosts().size() != 1) {
      return false;
    }
    String host = request.hosts().get(0).toLowerCase(Locale.ROOT);
    return SCHEMES.stream().anyMatch(scheme -> request.origins().get(0).equals(scheme + host));
  }
}
