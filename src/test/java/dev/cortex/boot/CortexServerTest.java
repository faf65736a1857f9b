package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.config.ConfigLoader;
import dev.cortex.config.CortexConfig;
import dev.cortex.log.EventLog;
import dev.cortex.log.LogException;
import io.vertx.core.Future;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class CortexServerTest {

  @TempDir Path folder;

  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  @Test
  void startedServerTellsWhereItIsAndTakesThatBackAtTheEnd() throws Exception {
    CortexServer server = start("server.port=0");
    RunFile run = RunFile.read(folder).orElseThrow();
    assertThat(run.url()).isEqualTo(server.url());
    assertThat(run.port()).isEqualTo(server.port());
    assertThat(run.pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(run.token()).isEmpty();
    await(server.close());
    assertThat(folder.resolve("run.json")).doesNotExist();
  }

  @Test
  void eventIsCommittedToTheProbeBeforeReadinessAndTheLogIsClosedLast() throws Exception {
    CortexServer server = start("server.port=0");
    assertThat(calls).startsWith("probe").doesNotContain("close");
    await(server.close());
    assertThat(calls).endsWith("close");
  }

  @Test
  void closingTwiceClosesOnce() throws Exception {
    CortexServer server = start("server.port=0");
    Future<Void> first = server.close();
    Future<Void> second = server.close();
    await(first);
    await(second);
    assertThat(calls).containsOnlyOnce("close");
  }

  @Test
  void secondServerOnTheSameDataIsRefusedAndTheFirstGoesOn() throws Exception {
    CortexServer first = start("server.port=0");
    StartException refused = refusal(CortexServer.start(config("server.port=0"), (v, d, s) -> log()));
    assertThat(refused.failure()).isEqualTo(StartFailure.ALREADY_RUNNING);
    assertThat(refused).hasMessageContaining(first.url());
    assertThat(RunFile.read(folder)).isPresent();
    await(first.close());
  }

  @Test
  void closedServerCanBeStartedAgain() throws Exception {
    await(start("server.port=0").close());
    await(start("server.port=0").close());
    assertThat(calls).filteredOn("close"::equals).hasSize(2);
  }

  @Test
  void corruptDatabaseIsToldAndTheDirectoryGivenBack() throws Exception {
    LogException corrupt = new LogException(LogException.Kind.CORRUPT, "file is not a database", null);
    StartException refused = refusal(CortexServer.start(config(), (v, d, s) -> Future.failedFuture(corrupt)));
    assertThat(refused.failure()).isEqualTo(StartFailure.CORRUPT_DATABASE);
    assertThat(folder.resolve("run.json")).doesNotExist();
    await(start("server.port=0").close());
  }

  @Test
  void installTokenIsMadeOnceForItsOwnerOnlyAndIsInTheRunFile() throws Exception {
    CortexServer server = start("server.port=0", "auth.local_auth=token");
    String token = Files.readString(folder.resolve("token"));
    assertThat(token).hasSize(43);
    assertThat(Files.getPosixFilePermissions(folder.resolve("token"))).hasSize(2);
    assertThat(RunFile.read(folder).orElseThrow().token()).contains(token);
    await(server.close());
    await(start("server.port=0", "auth.local_auth=token").close());
    assertThat(folder.resolve("token")).hasContent(token);
  }

  @Test
  void badOptionFailsTheFutureAndNothingElse() {
    CortexOptions options = CortexOptions.local().environment(Map.of()).dataDir(folder).set("server.prot", "1");
    StartException refused = refusal(CortexServer.start(options));
    assertThat(refused.failure()).isEqualTo(StartFailure.BAD_CONFIG);
    assertThat(refused).hasMessageContaining("server.port");
    assertThat(folder).isEmptyDirectory();
  }

  private CortexServer start(String... sets) throws Exception {
    return CortexServer.start(config(sets), (vertx, dir, store) -> log())
        .toCompletionStage()
        .toCompletableFuture()
        .get(60, TimeUnit.SECONDS);
  }

  private CortexConfig config(String... sets) {
    CortexOptions options = CortexOptions.local().environment(Map.of()).dataDir(folder);
    for (String set : sets) {
      options = options.set(set.substring(0, set.indexOf('=')), set.substring(set.indexOf('=') + 1));
    }
    return ConfigLoader.load(options.source()).config();
  }

  /** A log of nothing that notes what is asked of it. */
  private Future<EventLog> log() {
    return Future.succeededFuture(
        (EventLog)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {EventLog.class},
                (proxy, method, arguments) -> {
                  calls.add(method.getName());
                  return method.getName().equals("lanes")
                      ? 1
                      : Future.succeededFuture(answer(method.getName(), arguments));
                }));
  }

  private static Object answer(String method, Object[] arguments) {
    return switch (method) {
      case "claim" -> ((Collection<?>) arguments[1]).stream().collect(Collectors.toMap(shard -> shard, shard -> 1L));
      case "heads" -> Map.of();
      case "orgs", "expired" -> List.of();
      case "retentionMark" -> arguments == null ? 0L : null;
      default -> null;
    };
  }

  private static StartException refusal(Future<CortexServer> start) {
    ExecutionException e =
        catchThrowableOfType(
            ExecutionException.class,
            () -> start.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS));
    assertThat(e).as("the start must be refused").isNotNull();
    return (StartException) e.getCause();
  }

  private static void await(Future<?> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
