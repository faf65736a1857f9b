package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Directory;
import dev.cortex.event.ErrorCode;
import dev.cortex.testing.TestAuthority;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where callbacks lead: nobody is connected to who may not be, and nobody who answers oddly does harm. */
@Timeout(300)
final class CallbackTargetTest extends CallbackBed {

  @Test
  void nameThatLeadsToThisMachineIsNeverConnectedTo() throws Exception {
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    HostLookup rebound = (name, doubtful) -> Future.succeededFuture(List.of(new byte[] {127, 0, 0, 1}));
    deploy(Directory.alone("n1", SHARDS), false, any -> rebound, Optional.empty());
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    await(registry.put(new Registration(
        "user ann", Set.of("acme"), desktop("i1"), List.of("acme"),
        "https://desk.example.com:" + desktop.port() + "/", ONE, List.of(), System.currentTimeMillis() + 60_000)));
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    until("it is given up", () -> metric("cortex_callbacks_dropped_total").endsWith(" 1.0"));
    assertThat(refusal(user("ann", "acme"), "https://desk.example.com:" + desktop.port() + "/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(metric("cortex_callback_refused_addresses_total")).endsWith(" 11.0");
    assertThat(desktop.connections).hasValue(0);
  }

  @Test
  void certificateMustBeThatOfTheName() throws Exception {
    TestAuthority authority = TestAuthority.in(folder.resolve("ca"));
    TestAuthority.Signed signed = authority.sign("desk.example.com");
    HostLookup lookup = (name, doubtful) -> Future.succeededFuture(List.of(new byte[] {127, 0, 0, 1}));
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    deploy(
        Directory.alone("n1", SHARDS), true, any -> lookup,
        Optional.of(new PemTrustOptions().addCertPath(signed.authority().toString())));
    FakeDesktop desktop = new FakeDesktop(vertx, ONE, new HttpServerOptions().setSsl(true).setKeyCertOptions(
        new PemKeyCertOptions().addCertPath(signed.cert().toString()).addKeyPath(signed.key().toString())));
    assertThat(refusal(user("ann", "acme"), "https://other.example.com:" + desktop.port() + "/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal(user("ann", "acme"), "https://127.0.0.1:" + desktop.port() + "/", ONE, "acme"))
        .isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(desktop.requests).hasValue(0);
    register(
        user("ann", "acme"), desktop("i1"), "https://desk.example.com:" + desktop.port() + "/", ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 10);
    pushedTo(desktop, ids(1, 10));
  }
}
