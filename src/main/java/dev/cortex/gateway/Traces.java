package dev.cortex.gateway;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The trace a request belongs to, from our own header or from W3C Trace Context; anything malformed is no trace. */
final class Traces {

  private static final Pattern OWN = Pattern.compile("[A-Za-z0-9._~-]{1,128}");
  private static final Pattern TRACEPARENT = Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*");

  private final String header;

  /** Traces named by this header, or by {@code traceparent}. */
  Traces(String header) {
    this.header = header;
  }

  /** The trace id, empty when there is none. */
  String of(MultiMap headers) {
    String own = headers.get(header);
    if (own != null && OWN.matcher(own).matches()) {
      return own;
    }
    String parent = headers.get("traceparent");
    if (parent != null) {
      Matcher matcher = TRACEPARENT.matcher(parent);
      if (matcher.matches()) {
        return matcher.group(1);
      }
    }
    return "";
  }

  /** Returns the trace id to the caller. */
  void echo(HttpServerResponse response, String traceId) {
    if (!traceId.isEmpty() && !response.headWritten()) {
      response.putHeader(header, traceId);
    }
  }
}
