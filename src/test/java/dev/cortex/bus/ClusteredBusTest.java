package dev.cortex.bus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.wire.Samples;
import dev.cortex.bus.wire.TravellingMessages;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.eventbus.MessageCodec;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two nodes, and for a moment a third, on one bus over real sockets. */
@Timeout(300)
final class ClusteredBusTest {

  private static final String ECHO = "cortex.b.echo";
  private static final String REFUSING = "cortex.b.refusing";
  private static final long TIMEOUT_MS = 60_000;

  private static List<Integer> ports;
  private static ClusterNode anna;
  private static ClusterNode ben;

  static Stream<Class<? extends Message>> travelling() {
    return TravellingMessages.types();
  }

  @BeforeAll
  static void startOneAfterTheOther() throws Exception {
    ports = ClusterNode.freePorts(4);
    anna = new ClusterNode("bus-test-" + ports.get(0), ports.get(0), ports, new EventBusOptions());
    ben = new ClusterNode("bus-test-" + ports.get(0), ports.get(1), ports, new EventBusOptions());
    var bus = ben.vertx().eventBus();
    var echo = bus.<Message>consumer(ECHO, question -> question.reply(question.body()));
    var refusing = bus.<AskHead>consumer(REFUSING, question ->
        Requests.refuse(question, ErrorCode.valueOf(question.body().orgId()), "because of grün"));
    done(Future.all(echo.completion(), refusing.completion()));
  }

  @AfterAll
  static void stop() throws Exception {
    try {
      if (ben != null) {
        ben.close();
      }
    } finally {
      if (anna != null) {
        anna.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("travelling")
  <T extends Message> void messageArrivesThereAndBackAsItWasSent(Class<T> type) throws Exception {
    for (int i = 0; i < 5; i++) {
      T message = Samples.of(type, 100 + i, i);
      assertThat(done(ask(ECHO, message, type))).usingRecursiveComparison().isEqualTo(message);
    }
  }

  @Test
  void refusalKeepsItsCodeAndItsWords() throws Exception {
    for (ErrorCode code : ErrorCode.values()) {
      RefusedException refused = refusal(ask(REFUSING, new AskHead(code.name()), Head.class));
      assertThat(refused.code()).isEqualTo(code);
      assertThat(refused).hasMessage("because of grün");
    }
  }

  @Test
  void whereNobodyListensNothingWasDone() throws Exception {
    assertThat(refusal(ask("cortex.nobody", new AskHead("acme"), Head.class)).code()).isEqualTo(ErrorCode.MOVED);
  }

  @Test
  void answerOfAnotherKindIsRefused() throws Exception {
    assertThat(refusal(ask(ECHO, new AskHead("acme"), Head.class)).code()).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void messageOfOneNodeDoesNotLeaveIt() throws Exception {
    done(ask(ECHO, new AskHead("connected"), AskHead.class));
    Ingest local = Samples.of(Ingest.class, 1, 1);
    assertThat(refusal(ask(ECHO, local, Ingest.class))).hasMessageContaining("Ingest does not leave its node");
    assertThat(done(ask(ECHO, new AskHead("still"), AskHead.class))).isEqualTo(new AskHead("still"));
  }

  @Test
  void unreadableQuestionIsRefusedAndTheNextOneAnswered() throws Exception {
    speakBroken(anna.vertx());
    try {
      RefusedException refused = refusal(ask(ECHO, new AskHead("acme"), AskHead.class));
      assertThat(refused.code()).isEqualTo(ErrorCode.INTERNAL);
      assertThat(refused).hasMessageContaining("is no AskHead: is of version 250");
      anna.vertx().eventBus().send(ECHO, new AskHead("one without an answer"));
      Head head = Samples.of(Head.class, 1, 1);
      assertThat(done(ask(ECHO, head, Head.class))).isEqualTo(head);
    } finally {
      speakAgain(anna.vertx());
    }
  }

  @Test
  void unreadableAnswerFailsItsQuestionAtOnce() throws Exception {
    speakBroken(ben.vertx());
    try {
      assertThat(refusal(ask(ECHO, new AskHead("acme"), AskHead.class)).code()).isEqualTo(ErrorCode.TIMEOUT);
    } finally {
      speakAgain(ben.vertx());
    }
    assertThat(done(ask(ECHO, new AskHead("acme"), AskHead.class))).isEqualTo(new AskHead("acme"));
  }

  @Test
  void nodeThatCannotBeReachedWasAskedNothing() throws Exception {
    EventBusOptions unreachable = new EventBusOptions().setClusterPublicPort(ports.get(3));
    try (ClusterNode carl = new ClusterNode("bus-test-" + ports.get(0), ports.get(2), ports, unreachable)) {
      done(carl.vertx().eventBus()
          .<Message>consumer("cortex.c.echo", question -> question.reply("heard"))
          .completion());
      long begun = System.nanoTime();
      RefusedException refused = refusal(ask("cortex.c.echo", new AskHead("acme"), AskHead.class));
      assertThat(refused.code()).isEqualTo(ErrorCode.MOVED);
      assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS / 2));
    }
  }

  @Test
  void questionToOneselfStaysHere() throws Exception {
    String address = "cortex.both.echo";
    var here = anna.vertx().eventBus().<AskHead>consumer(address, q -> q.reply(new AskHead("anna")));
    var there = ben.vertx().eventBus().<AskHead>consumer(address, q -> q.reply(new AskHead("ben")));
    done(Future.all(here.completion(), there.completion()));
    for (int i = 0; i < 4; i++) {
      var answer = Requests.askHere(anna.vertx().eventBus(), address, new AskHead("?"), AskHead.class, TIMEOUT_MS);
      assertThat(done(answer)).isEqualTo(new AskHead("anna"));
    }
    done(Future.all(here.unregister(), there.unregister()));
  }

  private static <T extends Message> Future<T> ask(String address, Message question, Class<T> answer) {
    return Requests.ask(anna.vertx().eventBus(), address, question, answer, TIMEOUT_MS);
  }

  /** Makes a node write this kind of message as no version does. */
  private static void speakBroken(Vertx vertx) {
    vertx.eventBus().unregisterDefaultCodec(AskHead.class).registerDefaultCodec(AskHead.class, new Broken());
  }

  private static void speakAgain(Vertx vertx) {
    vertx.eventBus().unregisterDefaultCodec(AskHead.class);
    Codecs.registerOne(vertx.eventBus(), AskHead.class);
  }

  private static final class Broken implements MessageCodec<AskHead, Object> {

    @Override
    public void encodeToWire(Buffer buffer, AskHead message) {
      buffer.appendByte((byte) 250);
    }

    @Override
    public Object decodeFromWire(int position, Buffer buffer) {
      return new AskHead("was read");
    }

    @Override
    public Object transform(AskHead message) {
      return message;
    }

    @Override
    public String name() {
      return "cortex.AskHead";
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private static RefusedException refusal(Future<?> future) throws Exception {
    try {
      throw new AssertionError("answered: " + done(future));
    } catch (ExecutionException e) {
      return (RefusedException) e.getCause();
    }
  }
}
