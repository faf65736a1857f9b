package dev.cortex.auth;

import dev.cortex.base.Pure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The CORS headers for a page whose origin is allowed. The origin is named, never a wildcard. */
@Pure
public final class CorsHeaders {

  private static final String METHODS = "GET, HEAD, POST, PUT, DELETE";
  private static final String EXPOSED =
      "Cortex-Cursor, Cortex-Next-Poll-After-Ms, ETag, Location, RateLimit, RateLimit-Policy, Retry-After, "
          + "X-Event-Trace-Id";
  private static final int REQUESTED_MAX = 1_024;
  private static final String MAX_AGE_SECONDS = "600";

  private CorsHeaders() {}

  /** The headers of an answer that the page may read. */
  public static Map<String, String> answer(String origin) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Access-Control-Allow-Origin", origin);
    headers.put("Access-Control-Expose-Headers", EXPOSED);
    headers.put("Vary", "Origin");
    return headers;
  }

  /**
   * The headers of an answer to a preflight: every method the server knows, and the request headers it asks for.
   *
   * @param requestHeaders headers of the preflight, every one in order
   */
  public static Map<String, String> preflight(List<Map.Entry<String, String>> requestHeaders, String origin) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Access-Control-Allow-Origin", origin);
    headers.put("Access-Control-Allow-Methods", METHODS);
    for (Map.Entry<String, String> header : requestHeaders) {
      String value = header.getValue();
      if (header.getKey().equalsIgnoreCase("Access-Control-Request-Headers") && isNameList(value)) {
        headers.put("Access-Control-Allow-Headers", value);
      }
      if (header.getKey().equalsIgnoreCase("Access-Control-Request-Private-Network") && value.equals("true")) {
        headers.put("Access-Control-Allow-Private-Network", "true");
      }
    }
    headers.put("Access-Control-Max-Age", MAX_AGE_SECONDS);
    headers.put("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    return headers;
  }

  private static boolean isListCharacter(int c) {
    boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || "-_, ".indexOf(c) >= 0;
  }

  private static boolean isNameList(String value) {
    return !value.isEmpty()
        && value.length() <= REQUESTED_MAX
        && value.chars().allMatch(CorsHeaders::isListCharacter);
  }
}
