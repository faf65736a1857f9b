package dev.cortex.cli;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What a tail has printed so far, by org, so that a new connection goes on exactly there. Used by one thread. */
final class TailCursors {

  private final List<String> channels;
  private final List<String> orgs;
  private final List<String> since;
  private final Map<String, String> cursorByOrg = new LinkedHashMap<>();
  private OptionalLong lostMs = OptionalLong.empty();

  /** A tail of these channels and orgs that begins at these places. */
  TailCursors(List<String> channels, List<String> orgs, List<String> since) {
    this.channels = List.copyOf(channels);
    this.orgs = List.copyOf(orgs);
    this.since = List.copyOf(since);
  }

  /** Notes an event; false when it was printed before. */
  boolean isNew(String envelope) {
    try {
      JsonObject event = new JsonObject(envelope);
      String cursor = event.getString("cursor", "");
      String before = cursorByOrg.getOrDefault(event.getString("orgId", ""), "");
      if (!isAfter(cursor, before)) {
        return false;
      }
      cursorByOrg.put(event.getString("orgId", ""), cursor);
      return true;
    } catch (DecodeException | ClassCastException e) {
      return true; // unreadable to us is no reason to hide it
    }
  }

  /**
   * Notes the end of a connection that was open: an org of which nothing was printed has no cursor, and goes on from
   * here.
   *
   * @param heardMs when the server was heard last, Unix milliseconds
   */
  void lost(long heardMs) {
    lostMs = OptionalLong.of(heardMs);
  }

  /** Path and query of the next connection. */
  String path() {
    StringBuilder path = new StringBuilder("/ws");
    channels.forEach(channel -> parameter(path, "channel", channel));
    orgs.forEach(org -> parameter(path, "org", org));
    cursorByOrg.values().forEach(cursor -> parameter(path, "since", cursor));
    since.stream()
        .filter(each -> cursorByOrg.values().stream().noneMatch(cursor -> sameLog(cursor, each)))
        .forEach(each -> parameter(path, "since", each));
    if (lostMs.isPresent() && since.stream().noneMatch(TailCursors::isTime) && mayMissAnOrg()) {
      parameter(path, "since", Long.toString(lostMs.getAsLong()));
    }
    return path.toString();
  }

  private boolean mayMissAnOrg() {
    List<String> asked =
        Stream.concat(orgs.stream(), channels.stream().map(channel -> channel.split(":", 2)[0])).toList();
    return asked.isEmpty() || !cursorByOrg.keySet().containsAll(asked);
  }

  private static boolean isTime(String since) {
    return since.indexOf('.') < 0;
  }

  private static boolean isAfter(String cursor, String before) {
    return !sameLog(cursor, before) || offset(cursor) > offset(before);
  }

  private static boolean sameLog(String a, String b) {
    int dot = a.indexOf('.');
    return dot > 0 && b.length() > dot && a.regionMatches(0, b, 0, dot + 1);
  }

  private static long offset(String cursor) {
    try {
      return Long.parseLong(cursor.substring(cursor.indexOf('.') + 1));
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static void parameter(StringBuilder path, String name, String value) {
    path.append(path.indexOf("?") < 0 ? '?' : '&').append(name).append('=');
    path.append(URLEncoder.encode(value, StandardCharsets.UTF_8));
  }
}
