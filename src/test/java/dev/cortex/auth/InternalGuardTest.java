package dev.cortex.auth;

import static dev.cortex.auth.CloudGuardTest.assertRefused;
import static dev.cortex.auth.CloudGuardTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class InternalGuardTest {

  private final InternalGuard loopback = new InternalGuard("127.0.0.1", 3694);
  private final InternalGuard wide = new InternalGuard("10.0.0.1", 3694);

  @Test
  void onLoopbackThisMachineIsHeardWithoutAToken() {
    assertThat(loopback.check(get("/metrics", "Host", "127.0.0.1:3694"))).isEqualTo(GuardDecision.OPEN);
    assertThat(loopback.check(get("/ws", "Host", "localhost:3694", "Origin", "http://localhost:3694")))
        .isEqualTo(GuardDecision.OPEN);
  }

  @Test
  void onLoopbackReboundNamesPagesAndTunnelsAreNot() {
    assertRefused(loopback.check(get("/metrics", "Host", "evil.example:3694")), ErrorCode.BAD_HOST);
    assertRefused(
        loopback.check(get("/ws", "Host", "localhost:3694", "Origin", "http://localhost:3691")), ErrorCode.BAD_ORIGIN);
    assertRefused(
        loopback.check(get("/metrics", "Host", "localhost", "X-Forwarded-For", "10.0.0.9")), ErrorCode.NOT_LOCAL);
  }

  @Test
  void boundWiderItAsksForAToken() {
    assertRefused(wide.check(get("/metrics", "Host", "10.0.0.1:3694")), ErrorCode.UNAUTHORIZED);
    assertRefused(wide.check(get("/health", "Host", "10.0.0.1:3694")), ErrorCode.UNAUTHORIZED);
    assertRefused(wide.check(get("/metrics?token=x", "Host", "10.0.0.1:3694")), ErrorCode.UNAUTHORIZED);
    assertThat(wide.check(get("/metrics", "Host", "10.0.0.1:3694", "Authorization", "Bearer x")))
        .isEqualTo(new GuardDecision.Ask("x", true));
    assertThat(wide.check(get("/ws?token=x", "Host", "n1.internal:3694", "Origin", "http://n1.internal:3694")))
        .isEqualTo(new GuardDecision.Ask("x", false));
    assertThat(wide.check(get("/livez", "Host", "10.0.0.1:3694"))).isEqualTo(GuardDecision.OPEN);
    assertThat(wide.check(get("/console/console.js", "Host", "10.0.0.1:3694"))).isEqualTo(GuardDecision.OPEN);
  }

  @Test
  void boundWiderItHearsItsOwnPagesOnly() {
    String[] bearer = {"Authorization", "Bearer x", "Host", "10.0.0.1:3694", "Origin", "http://app.example"};
    assertRefused(wide.check(get("/metrics", bearer)), ErrorCode.BAD_ORIGIN);
    assertRefused(wide.check(get("/metrics", "Origin", "http://10.0.0.1:3694")), ErrorCode.BAD_ORIGIN);
    assertRefused(wide.check(get("/livez", "Host", "", "Origin", "null")), ErrorCode.BAD_ORIGIN);
  }

  @Test
  void onlyWhoMayAdministerEveryOrgIsAdmitted() {
    assertThat(wide.admit(holding(Set.of(), Set.of(Scope.ADMIN)))).isEmpty();
    assertThat(wide.admit(holding(Set.of("acme"), Set.of(Scope.ADMIN))))
        .get().extracting(LocalGuard.Refusal::code).isEqualTo(ErrorCode.FORBIDDEN);
    assertThat(wide.admit(holding(Set.of(), Set.of(Scope.PUBLISH, Scope.SUBSCRIBE, Scope.CONSUME))))
        .get().extracting(LocalGuard.Refusal::code).isEqualTo(ErrorCode.FORBIDDEN);
  }

  private static Principal holding(Set<String> orgs, Set<Scope> scopes) {
    return new Principal("ops", true, orgs, scopes, List.of(), Long.MAX_VALUE);
  }
}
