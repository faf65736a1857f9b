package dev.cortex.chaos.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.TestAuthority;
import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Link;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cloud that is reached by https, with the certificate of an authority of its own. */
@Tag("process")
@Timeout(400)
final class HttpsTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir static Path keys;
  @TempDir Path folder;

  private static TestAuthority authority;

  private final Ledger ledger = new Ledger();

  @BeforeAll
  static void anAuthorityOfTheCloudsOwn() throws Exception {
    authority = TestAuthority.in(keys.resolve("authority"));
  }

  @Test
  void withACertificateThatItDoesNotTrustADesktopSaysSoAndSendsNothingUntilItsJvmTrustsTheAuthority()
      throws Exception {
    try (Site site = Site.onSqlite(folder)) {
      SSLContext cloud = authority.serving("cloud", "ip:127.0.0.1");
      Desk desk = site.desk("desktop", Link.byTls(cloud, site.cloud().ports().open()), Site.QUICK).start();
      staysByItself(site, desk, "no authority that this desktop trusts has signed the certificate");
      assertThat(site.cloudLog()).isEmpty();
      desk.stop();
      desk.withFlags(authority.trustFlags()).start();
      site.cloudProducer(2, ledger, 2).publish(20, 5);
      Await.until("the desktop has all", SOON, () -> desk.log(Site.ORG).size() >= ledger.size());
      desk.awaitDrained(SOON);
      List<Judge.Log> logs =
          List.of(
              new Judge.Log("cloud", site.cloudLog(), true), new Judge.Log(desk.name(), desk.log(Site.ORG), true));
      new Result(List.of(), Judge.of(ledger.born(), logs, ledger.complaints())).requireGood();
    }
  }

  @Test
  void withACertificateForAnotherHostADesktopSaysSoAndSendsNothing() throws Exception {
    try (Site site = Site.withoutCloud(folder);
        ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      SSLContext other = authority.serving("other", "dns:other.example", "ip:127.0.0.2");
      Desk desk = site.desk("desktop", Link.byTls(other, silent.getLocalPort()), Site.QUICK);
      staysByItself(site, desk.withFlags(authority.trustFlags()).start(), "the certificate is for another host");
    }
  }

  /** Whatever it tries, nothing leaves the desktop, its own readers miss nothing, and it says why. */
  private void staysByItself(Site site, Desk desk, String why) throws Exception {
    site.producer(desk, 2, ledger, 1).publish(20, 5);
    Http http = new Http();
    Await.until("it gives up for a while and says why", SOON, () -> {
      JsonObject sync = http.get(desk.ready(), "/api/sync").body();
      return sync.getString("breaker").equals("open") && String.valueOf(sync.getString("lastError")).contains(why);
    });
    JsonObject sync = http.get(desk.ready(), "/api/sync").body();
    assertThat(sync.getString("mode")).as(sync.encode()).isEqualTo("offline");
    assertThat(sync.getLong("outboxDepth")).isEqualTo(20);
    Await.until("its health says so", SOON, () -> {
      JsonObject health = http.get(desk.ready(), "/health").body();
      String error = String.valueOf(health.getJsonObject("sync").getString("lastError"));
      return health.getString("status").equals("UP") && error.contains(" TLS with the cloud failed: " + why);
    });
    assertThat(desk.log(Site.ORG)).hasSize(20);
    assertThat(desk.up().connections()).isGreaterThan(1);
    assertThat(desk.up().requests()).as("requests that came through").isZero();
  }
}
