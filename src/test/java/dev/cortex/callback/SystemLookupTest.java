package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Names whose servers are silent: they hold up few others, and do not pile up. */
@Timeout(120)
final class SystemLookupTest {

  private final Vertx vertx = Vertx.vertx();
  private final Context loop = vertx.getOrCreateContext();
  private final CountDownLatch silence = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();
  private final SystemLookup lookup = new SystemLookup(vertx, this::resolve);

  @AfterEach
  void close() throws TimeoutException {
    silence.countDown();
    vertx.close().await(60, TimeUnit.SECONDS);
  }

  private InetAddress[] resolve(String name) throws UnknownHostException {
    asked.incrementAndGet();
    if (name.startsWith("silent")) {
      try {
        silence.await();
      } catch (InterruptedException end) {
        throw new UnknownHostException(name);
      }
    }
    return new InetAddress[] {InetAddress.getByAddress(new byte[] {8, 8, 8, 8})};
  }

  private Future<List<byte[]>> ask(String name) {
    Promise<List<byte[]>> answer = Promise.promise();
    loop.runOnContext(go -> lookup.addresses(name, true).onComplete(answer));
    return answer.future();
  }

  private static List<byte[]> await(Future<List<byte[]>> answer) throws TimeoutException {
    return answer.await(60, TimeUnit.SECONDS);
  }

  @Test
  void namesOfOneOrgThatAreSilentHoldUpNoOther() throws Exception {
    List<Future<List<byte[]>>> silent = new ArrayList<>();
    for (int i = 0; i < Registrations.PENDING_ORG; i++) {
      silent.add(ask("silent" + i));
    }
    assertThat(await(ask("well"))).containsExactly(new byte[] {8, 8, 8, 8});
    assertThat(silent).noneMatch(Future::isComplete);
  }

  @Test
  void whoWantsTheSameNameSharesItsLookUp() throws Exception {
    List<Future<List<byte[]>>> same = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      same.add(ask("silent"));
    }
    await(ask("well"));
    silence.countDown();
    for (Future<List<byte[]>> one : same) {
      assertThat(await(one)).hasSize(1);
    }
    assertThat(asked).hasValue(2);
    await(ask("silent"));
    assertThat(asked).as("an answer is not kept").hasValue(3);
  }

  @Test
  void namesThatAreSilentDoNotPileUp() throws Exception {
    List<Future<List<byte[]>>> silent = new ArrayList<>();
    for (int i = 0; i < SystemLookup.NAMES_MAX; i++) {
      silent.add(ask("silent" + i));
    }
    assertThatThrownBy(() -> await(ask("one-more"))).isInstanceOf(UnknownHostException.class);
    silence.countDown();
    for (Future<List<byte[]>> one : silent) {
      await(one);
    }
    assertThat(await(ask("one-more"))).hasSize(1);
  }
}
