package dev.cortex.gateway;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.Node;
import dev.cortex.bus.Directory.View;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The cluster as this node knows it: who is there, and who owns which shard at which epoch. */
final class ClusterRoute {

  private final Directory directory;

  ClusterRoute(Directory directory) {
    this.directory = directory;
  }

  /** Serves one request. */
  void handle(HttpServerRequest request) {
    View view = directory.view();
    JsonArray shards = new JsonArray();
    for (int shard = 0; shard < view.owners().size(); shard++) {
      shards.add(new JsonObject()
          .put("shard", shard)
          .put("owner", view.owner(shard).isEmpty() ? null : view.owner(shard))
          .put("epoch", view.epochs().get(shard)));
    }
    JsonObject body = new JsonObject().put("node", view.self().node()).put("nodes", nodes(view)).put("shards", shards);
    request.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }

  /** This node's part in the cluster, in a few fields. */
  JsonObject facts() {
    View view = directory.view();
    return new JsonObject()
        .put("node", view.self().node())
        .put("state", word(view.self()))
        .put("shardsOwned", owned(view).getOrDefault(view.self().node(), 0))
        .put("members", view.nodes().size());
  }

  private static JsonArray nodes(View view) {
    Map<String, Integer> owned = owned(view);
    JsonArray nodes = new JsonArray();
    new TreeMap<>(view.nodes()).values().forEach(node -> nodes.add(new JsonObject()
        .put("node", node.node())
        .put("state", word(node))
        .put("address", node.address())
        .put("shards", owned.getOrDefault(node.node(), 0))));
    return nodes;
  }

  private static Map<String, Integer> owned(View view) {
    Map<String, Integer> owned = new HashMap<>();
    view.owners().forEach(owner -> owned.merge(owner, 1, Integer::sum));
    return owned;
  }

  private static String word(Node node) {
    return node.state().name().toLowerCase(Locale.ROOT);
  }
}
