package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Clock;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Desktop;
import dev.cortex.store.Database;
import dev.cortex.store.PostgresServer;
import dev.cortex.testing.LocalPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The registry of callbacks, in either database. */
@Timeout(120)
final class CallbackRegistryTest {

  enum Store {
    SQLITE,
    POSTGRES
  }

  private static final Callback.Key FIRST = new Callback.Key("", "", "");
  private static final String ONE = "whsec_" + "AAAA".repeat(8);
  private static final String TWO = "whsec_" + "BBBB".repeat(8);
  private static final String THREE = "whsec_" + "CCCC".repeat(8);
  private static final Desktop DESKTOP = new Desktop("inst-1", "inc-1");
  private static final ShardMap SHARDS = new ShardMap(16, false);

  @TempDir Path folder;

  private Vertx vertx;
  private Database database;
  private Optional<LocalPostgres.Database> postgres = Optional.empty();
  private CallbackRegistry registry;
  private volatile long nowMs = 1_764_000_000_000L;

  private final Clock clock = new Clock() {
    @Override
    public long wallMs() {
      return nowMs;
    }

    @Override
    public long monotonicNs() {
      return TimeUnit.MILLISECONDS.toNanos(nowMs);
    }
  };

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void close() throws TimeoutException {
    if (database != null) {
      await(database.close());
    }
    await(vertx.close());
    postgres.ifPresent(one -> LocalPostgres.shared().drop(one));
  }

  private static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(60, TimeUnit.SECONDS);
  }

  private void open(Store store) throws Exception {
    if (store == Store.SQLITE) {
      database = await(Database.open(vertx, folder.resolve("r.db"), 1_000));
    } else {
      LocalPostgres.Database server = LocalPostgres.shared().database();
      postgres = Optional.of(server);
      database = await(Database.open(vertx, new PostgresServer(server.url(), server.user(), server.password())));
    }
    registry = new CallbackRegistry(database, SHARDS, clock);
  }

  private Registration registration(String subject, String secret, String... orgs) {
    return new Registration(
        subject, Set.of(orgs), DESKTOP, List.of(orgs), "https://desk.example.com/", secret, List.of(),
        nowMs + 600_000);
  }

  private String put(Registration registration) throws TimeoutException {
    return await(registry.put(registration)).orElseThrow();
  }

  private List<Callback> all() throws TimeoutException {
    List<Callback> all = new ArrayList<>();
    for (int shard = 0; shard < SHARDS.shards(); shard++) {
      all.addAll(await(registry.ofShard(shard, FIRST)));
    }
    return all;
  }

  private Optional<Callback> live(String orgId) throws TimeoutException {
    return all().stream().filter(one -> one.orgId().equals(orgId) && one.isLive(nowMs)).findFirst();
  }

  @ParameterizedTest
  @EnumSource
  void callbackIsKeptAsItWasRegistered(Store store) throws Exception {
    open(store);
    List<ChannelPattern> channels = List.of(
        ChannelPattern.parse("acme:planner").orElseThrow(), ChannelPattern.parse("*:coder:*").orElseThrow());
    String id = put(new Registration(
        "user ann", Set.of("acme"), DESKTOP, List.of("acme"), "https://desk.example.com/x", ONE, channels,
        nowMs + 600_000));
    assertThat(all()).containsExactly(new Callback(
        "acme", id, "user ann", DESKTOP, SHARDS.shardOf("acme"), "https://desk.example.com/x", ONE, "", 0, channels,
        nowMs + 600_000, nowMs));
  }

  @ParameterizedTest
  @EnumSource
  void renewalKeepsTheIdAndRotationTheFormerSecretUntilItsLeaseEnds(Store store) throws Exception {
    open(store);
    String id = put(registration("user ann", ONE, "acme"));
    long firstLease = nowMs + 600_000;
    nowMs += 60_000;
    assertThat(put(registration("user ann", ONE, "acme"))).isEqualTo(id);
    assertThat(live("acme").orElseThrow().secrets(nowMs)).containsExactly(ONE);
    assertThat(live("acme").orElseThrow().leaseUntilMs()).isEqualTo(nowMs + 600_000);
    long secondLease = nowMs + 600_000;
    nowMs += 60_000;
    assertThat(put(registration("user ann", TWO, "acme"))).isEqualTo(id);
    assertThat(live("acme").orElseThrow().secrets(nowMs)).containsExactly(TWO, ONE);
    nowMs += 60_000;
    put(registration("user ann", TWO, "acme"));
    assertThat(live("acme").orElseThrow().secrets(nowMs)).containsExactly(TWO, ONE);
    nowMs = secondLease;
    assertThat(live("acme").orElseThrow().secrets(nowMs)).containsExactly(TWO);
    assertThat(firstLease).isLessThan(secondLease);
    put(registration("user ann", THREE, "acme"));
    assertThat(live("acme").orElseThrow().secrets(nowMs)).containsExactly(THREE, TWO);
  }

  @ParameterizedTest
  @EnumSource
  void nobodyChangesOrRemovesWhatAnotherRegistered(Store store) throws Exception {
    open(store);
    String id = put(registration("user ann", ONE, "acme"));
    String other = put(registration("user bob", TWO, "acme"));
    assertThat(other).isNotEqualTo(id);
    assertThat(all()).hasSize(2);
    assertThat(await(registry.remove(id, "user bob", Set.of("acme")))).isEmpty();
    assertThat(await(registry.remove(id, "user ann", Set.of("beta")))).isEmpty();
    assertThat(await(registry.remove(id, "service ann", Set.of()))).isEmpty();
    assertThat(all()).allMatch(one -> one.isLive(nowMs));
    assertThat(await(registry.remove(id, "user ann", Set.of("acme")))).containsExactly("acme");
    assertThat(await(registry.remove(id, "user ann", Set.of("acme")))).isEmpty();
    assertThat(all().stream().filter(one -> one.isLive(nowMs))).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void orgThatIsNotNamedAnyMoreIsRemovedAndAnotherTenantsOfTheSameNamesIsNot(Store store) throws Exception {
    open(store);
    put(registration("user ann", ONE, "acme", "beta", "gamma"));
    Registration fewer = new Registration(
        "user ann", Set.of("acme", "beta"), DESKTOP, List.of("acme"), "https://desk.example.com/", ONE, List.of(),
        nowMs + 600_000);
    put(fewer);
    assertThat(live("acme")).isPresent();
    assertThat(live("beta")).isEmpty();
    assertThat(live("gamma")).isPresent();
  }

  @ParameterizedTest
  @EnumSource
  void everyChangeIsSeenSinceItHappenedEvenWithinOneMillisecond(Store store) throws Exception {
    open(store);
    put(registration("user ann", ONE, "acme"));
    Callback before = live("acme").orElseThrow();
    String id = put(registration("user ann", TWO, "acme"));
    Callback changed = live("acme").orElseThrow();
    assertThat(changed.changedAtMs()).isGreaterThan(before.changedAtMs());
    await(registry.remove(id, "user ann", Set.of("acme")));
    List<Callback> seen = await(registry.changedSince(nowMs, nowMs - 1, FIRST));
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0).changedAtMs()).isGreaterThan(changed.changedAtMs());
    assertThat(seen.get(0).isLive(nowMs)).isFalse();
    assertThat(seen.get(0).secret()).isEmpty();
    assertThat(await(registry.changedSince(nowMs + 10, nowMs, FIRST))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void pagesMissNothing(Store store) throws Exception {
    open(store);
    int orgs = 2 * CallbackRegistry.PAGE + 7;
    List<Future<?>> puts = new ArrayList<>();
    for (int i = 0; i < orgs; i += 100) {
      List<String> some = new ArrayList<>();
      for (int k = i; k < Math.min(orgs, i + 100); k++) {
        some.add("org-" + k);
      }
      puts.add(registry.put(registration("user ann", ONE, some.toArray(String[]::new))));
    }
    await(Future.all(puts));
    List<Callback> changed = new ArrayList<>();
    List<Callback> page = await(registry.changedSince(nowMs, nowMs - 1, FIRST));
    while (!page.isEmpty()) {
      changed.addAll(page);
      Callback last = page.get(page.size() - 1);
      page = await(registry.changedSince(nowMs, last.changedAtMs(), last.key()));
    }
    assertThat(changed.stream().map(Callback::orgId).distinct()).hasSize(orgs);
  }

  @ParameterizedTest
  @EnumSource
  void whatEndedIsForgottenAfterAWhile(Store store) throws Exception {
    open(store);
    put(registration("user ann", ONE, "acme"));
    String removed = put(registration("user bob", ONE, "beta"));
    nowMs += 1;
    await(registry.remove(removed, "user bob", Set.of("beta")));
    assertThat(await(registry.removeExpired(nowMs))).isZero();
    assertThat(await(registry.removeExpired(nowMs + 1))).isEqualTo(1);
    assertThat(await(registry.removeExpired(nowMs + 600_001))).isEqualTo(1);
    assertThat(all()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void registrationsOfOneDesktopAtATimeDoNotBlockEachOtherWhateverOrderTheyNameOrgsIn(Store store) throws Exception {
    open(store);
    put(registration("user ann", ONE, "acme", "beta", "gamma"));
    List<Future<Optional<String>>> puts = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      puts.add(registry.put(registration("user ann", ONE, "acme", "beta", "gamma")));
      puts.add(registry.put(registration("user ann", TWO, "gamma", "beta", "acme")));
    }
    for (Future<Optional<String>> one : puts) {
      assertThat(await(one)).isPresent();
    }
    assertThat(all().stream().map(Callback::id).distinct()).hasSize(1);
  }
}
