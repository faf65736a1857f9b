package dev.cortex.gateway;

import dev.cortex.bus.Message.Format;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;

/** What a request's body is said to be. A form that a web page can send without asking is never accepted. */
final class ContentTypes {

  private ContentTypes() {}

  /** The form of the events in a body; a refusal when it is none that is accepted. */
  static Format events(MultiMap headers) {
    switch (media(headers)) {
      case "application/json":
        return headers.contains("ce-specversion") ? Format.CLOUDEVENT_BINARY : Format.JSON;
      case "application/cloudevents+json":
        return Format.CLOUDEVENT;
      case "application/cloudevents-batch+json":
        return Format.CLOUDEVENTS;
      default:
        throw refused(
            "send application/json, application/cloudevents+json or application/cloudevents-batch+json, in UTF-8");
    }
  }

  /** Refuses a body that is not said to be JSON. */
  static void requireJson(MultiMap headers) {
    if (!media(headers).equals("application/json")) {
      throw refused("send application/json, in UTF-8");
    }
  }

  private static RefusedException refused(String message) {
    return new RefusedException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message);
  }

  /** The media type in lower case; empty when there is none, more than one, or one in another charset. */
  private static String media(MultiMap headers) {
    String contentType = headers.get(HttpHeaders.CONTENT_TYPE);
    String type = contentType == null ? "" : contentType;
    int semicolon = type.indexOf(';');
    String parameters = semicolon < 0 ? "" : type.substring(semicolon);
    boolean clear = headers.getAll(HttpHeaders.CONTENT_TYPE).size() <= 1 && isUtf8(parameters);
    return clear ? (semicolon < 0 ? type : type.substring(0, semicolon)).trim().toLowerCase(Locale.ROOT) : "";
  }

  private static boolean isUtf8(String parameters) {
    for (String parameter : parameters.split(";")) {
      String[] pair = parameter.trim().toLowerCase(Locale.ROOT).split("=", 2);
      if (pair[0].trim().equals("charset")
          && !(pair.length == 2 && pair[1].trim().replace("\"", "").equals("utf-8"))) {
        return false;
      }
    }
    return true;
  }
}
