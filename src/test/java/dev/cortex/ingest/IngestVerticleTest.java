package dev.cortex.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Requests;
import dev.cortex.bus.ShardMap;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class IngestVerticleTest {

  private static final Budget LEFT = new Budget(100, 42, 0);
  private static final Set<Scope> PUBLISH = Set.of(Scope.PUBLISH);

  private final Vertx vertx = Vertx.vertx();
  private final List<Draft> stored = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws Exception {
    Codecs.register(vertx.eventBus());
    vertx.eventBus().<Append>consumer(Addresses.room("me"), received -> {
      List<Outcome> outcomes = new ArrayList<>();
      for (Draft draft : received.body().drafts()) {
        stored.add(draft);
        outcomes.add(Outcome.accepted(draft.id(), stored.size(), 0));
      }
      received.reply(new Appended(outcomes, LEFT));
    });
    ConfigSource defaults = new ConfigSource(
        "local",
        Optional.empty(),
        Map.of(),
        List.of(new ConfigSource.Assignment("--data-dir", "data_dir", "unused")));
    CortexConfig config = ConfigLoader.load(defaults).config();
    Directory directory = Directory.alone("me", new ShardMap(8, false));
    done(vertx.deployVerticle(new IngestVerticle(config, new Metrics(), Clock.SYSTEM, directory)));
  }

  @AfterEach
  void stop() throws Exception {
    done(vertx.close());
  }

  @Test
  void orgOfThePrincipalIsFilledInWhenItHasExactlyOne() throws Exception {
    accepted(publish(user("user-1", "acme"), "{'type':'t'}"));
    assertThat(stored.get(0).orgId()).isEqualTo("acme");
    assertThat(stored.get(0).userId()).isEqualTo("user-1");
  }

  @Test
  void ownOrgMayBeNamed() throws Exception {
    accepted(publish(user("user-1", "acme"), "{'type':'t','orgId':'acme'}"));
    accepted(publish(user("user-1", "acme", "beta"), "{'type':'t','orgId':'beta'}"));
    assertThat(stored).extracting(Draft::orgId).containsExactly("acme", "beta");
  }

  @Test
  void foreignAndAbsentOrgAreTheSameAnswer() throws Exception {
    Principal two = user("user-1", "acme", "beta");
    Outcome foreign = one(publish(two, "{'id':'1','type':'t','orgId':'gamma'}"));
    Outcome absent = one(publish(two, "{'id':'1','type':'t'}"));
    assertThat(foreign.error()).contains(ErrorCode.FORBIDDEN);
    assertThat(absent).isEqualTo(foreign);
    assertThat(one(publish(user("user-1", "acme"), "{'id':'1','type':'t','orgId':'gamma'}"))).isEqualTo(foreign);
    assertThat(stored).isEmpty();
  }

  @Test
  void whoBelongsToEveryOrgIsToldThatOneIsMissing() throws Exception {
    assertThat(one(publish(Principal.LOCAL, "{'type':'t'}")).error()).contains(ErrorCode.INVALID_EVENT);
    accepted(publish(Principal.LOCAL, "{'type':'t','orgId':'anything'}"));
  }

  @Test
  void userPublishesInItsOwnNameOnly() throws Exception {
    Principal user = user("user-1", "acme");
    accepted(publish(user, "{'type':'t','userId':'user-1'}"));
    assertThat(one(publish(user, "{'type':'t','userId':'user-2'}")).error()).contains(ErrorCode.FORBIDDEN);
    assertThat(stored).hasSize(1);
  }

  @Test
  void servicePublishesInAnyonesName() throws Exception {
    Principal service = new Principal("backend", true, Set.of("acme"), PUBLISH, List.of(), Long.MAX_VALUE);
    accepted(publish(service, "{'type':'t','userId':'user-2'}"));
    accepted(publish(service, "{'type':'t'}"));
    assertThat(stored).extracting(Draft::userId).containsExactly("user-2", "backend");
    assertThat(one(publish(service, "{'type':'t','orgId':'beta'}")).error()).contains(ErrorCode.FORBIDDEN);
  }

  @Test
  void withoutTheScopeNothingIsPublished() throws Exception {
    Principal reader =
        new Principal("user-1", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE), List.of(), Long.MAX_VALUE);
    assertThat(one(publish(reader, "{'type':'t'}")).error()).contains(ErrorCode.FORBIDDEN);
  }

  @Test
  void channelsOfThePrincipalBoundWhereItPublishes() throws Exception {
    List<ChannelPattern> planner = List.of(ChannelPattern.parse("acme:planner").orElseThrow());
    Principal agent = new Principal("user-1", false, Set.of("acme"), PUBLISH, planner, Long.MAX_VALUE);
    accepted(publish(agent, "{'type':'t','agentId':'planner','sessionId':'s'}"));
    assertThat(one(publish(agent, "{'type':'t','agentId':'other','sessionId':'s'}")).error())
        .contains(ErrorCode.FORBIDDEN);
    assertThat(one(publish(agent, "{'type':'t'}")).error()).contains(ErrorCode.FORBIDDEN);
  }

  @Test
  void oneForeignEventRejectsOnlyItself() throws Exception {
    Ingested answer =
        publish(user("user-1", "acme"), "[{'type':'a'},{'type':'b','orgId':'beta'},{'type':'c'},{'type':'!'}]");
    assertThat(answer.outcomes())
        .extracting(outcome -> outcome.error().map(ErrorCode::code).orElse("none"))
        .containsExactly("none", "forbidden", "none", "invalid_event");
    assertThat(stored).extracting(Draft::type).containsExactly("a", "c");
  }

  @Test
  void budgetIsToldWhenOneOrgWasConcerned() throws Exception {
    assertThat(publish(Principal.LOCAL, "[{'type':'a','orgId':'acme'},{'type':'!','orgId':'beta'}]").budget())
        .isEqualTo(LEFT);
    assertThat(publish(Principal.LOCAL, "[{'type':'a','orgId':'acme'},{'type':'b','orgId':'beta'}]").budget())
        .isEqualTo(Budget.UNLIMITED);
    assertThat(publish(Principal.LOCAL, "{'type':'!','orgId':'beta'}").budget()).isEqualTo(Budget.UNLIMITED);
  }

  private static Principal user(String name, String... orgs) {
    return new Principal(name, false, Set.copyOf(Arrays.asList(orgs)), PUBLISH, List.of(), Long.MAX_VALUE);
  }

  private Ingested publish(Principal principal, String body) throws Exception {
    byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    Ingest ingest = new Ingest(bytes, Format.JSON, Map.of(), principal, "");
    return done(Requests.ask(vertx.eventBus(), Addresses.INGEST, ingest, Ingested.class, 60_000));
  }

  private static Outcome one(Ingested answer) {
    assertThat(answer.outcomes()).hasSize(1);
    return answer.outcomes().get(0);
  }

  private static void accepted(Ingested answer) {
    assertThat(one(answer).status()).isEqualTo(Outcome.Status.ACCEPTED);
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
