package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.NodeState;
import dev.cortex.bus.RoomCalls;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Position;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
final class BusRoomLinkTest {

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(60, TimeUnit.SECONDS);
  }

  private static View view(String owner, String... others) {
    Node self = new Node("here", NodeState.READY, "");
    Map<String, Node> nodes = new TreeMap<>(Map.of("here", self));
    for (String other : others) {
      nodes.put(other, new Node(other, NodeState.READY, ""));
    }
    return new View(self, nodes, List.of(owner), List.of(1L));
  }

  @Test
  void aNodeThatDiesBeforeItAnswersIsAskedForAgainAtItsSuccessor() throws Exception {
    Codecs.register(vertx.eventBus());
    Directory directory = new Directory(new ShardMap(1, false), view("dying", "dying", "next"));
    Head head = new Head("acme", new Position("alog000000000", 7), 0, 2);
    vertx.eventBus().consumer(
        Addresses.room("dying"), question -> directory.update(view("next", "next")));
    vertx.eventBus().consumer(Addresses.room("next"), question -> question.reply(head));
    BusRoomLink link = new BusRoomLink(vertx, new RoomCalls(vertx, directory));

    assertThat(link.ask("acme", new AskHead("acme"), Head.class).await(60, TimeUnit.SECONDS)).isEqualTo(head);
  }
}
