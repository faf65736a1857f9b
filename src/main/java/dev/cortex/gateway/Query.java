package dev.cortex.gateway;

import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Query parameters, read strictly: a wrong value is refused with what is allowed. */
final class Query {

  private final MultiMap parameters;

  private Query(MultiMap parameters) {
    this.parameters = parameters;
  }

  /** The query of a request; one that is not percent-encoded text in UTF-8 is refused. */
  static Query of(HttpServerRequest request) {
    try {
      return new Query(request.params());
    } catch (IllegalArgumentException malformed) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, "the query is not percent-encoded UTF-8");
    }
  }

  /** The only value of a parameter; a repeated one is refused. */
  Optional<String> text(String name) {
    List<String> all = parameters.getAll(name);
    if (all.size() > 1) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, name + " may be given once");
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(0));
  }

  /** Every value of a parameter that may be repeated. */
  List<String> all(String name) {
    return parameters.getAll(name);
  }

  /** A whole number within bounds. */
  int integer(String name, int absent, int min, int max) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return absent;
    }
    if (text.get().matches("[0-9]{1,9}")) {
      int value = Integer.parseInt(text.get());
      if (value >= min && value <= max) {
        return value;
      }
    }
    throw new RefusedException(ErrorCode.BAD_REQUEST, name + " is a whole number from " + min + " to " + max);
  }

  /** The channels a connection asks for: every {@code channel}, and every {@code org} as its root. */
  List<Channel> channels() {
    List<Channel> channels = new ArrayList<>();
    for (String text : all("channel")) {
      channels.add(channel(text));
    }
    for (String org : all("org")) {
      Channel root = channel(org);
      if (!root.isRoot()) {
        throw new RefusedException(ErrorCode.BAD_REQUEST, "org is a name; for agents and sessions use channel");
      }
      channels.add(root);
    }
    return channels.stream().distinct().toList();
  }

  /** Reads a channel, or refuses. */
  static Channel channel(String text) {
    return Channel.parse(text).orElseThrow(() -> new RefusedException(
        ErrorCode.BAD_REQUEST, "a channel is org, org:agent or org:agent:session"));
  }
}
