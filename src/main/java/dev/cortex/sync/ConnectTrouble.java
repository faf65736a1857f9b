package dev.cortex.sync;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** Why no connection to the cloud came about, with the host that it was for: libraries leave out one or the other. */
final class ConnectTrouble {

  /** No connection came about in time. */
  static final class LateException extends TimeoutException {

    private static final long serialVersionUID = 1;
  }

  private static final int CAUSES_MAX = 20;

  private ConnectTrouble() {}

  /**
   * What is wrong, as a line; empty when the failure is another.
   *
   * @param url the cloud's address
   */
  static Optional<String> words(Throwable failure, String url) {
    URI cloud = URI.create(url);
    String authority = Optional.ofNullable(cloud.getRawAuthority()).orElse("").replaceAll("^.*@", "");
    String host = authority.replaceAll(":[0-9]+$", "");
    String place = authority.equals(host) ? host + ("https".equals(cloud.getScheme()) ? ":443" : ":80") : authority;
    Throwable each = failure;
    for (int i = 0; i < CAUSES_MAX && each != null; i++) {
      String message = Optional.ofNullable(each.getMessage()).orElse("");
      if (each instanceof UnknownHostException || message.equals(host) || message.startsWith("Failed to resolve")) {
        return Optional.of("the host " + host + " is not known");
      }
      if (each instanceof LateException || (each instanceof ConnectException && message.contains("timed out"))) {
        return Optional.of("no connection to " + place + " in time");
      }
      if (each instanceof ConnectException && message.startsWith("Connection refused")) {
        return Optional.of("nothing listens at " + place + " (connection refused)");
      }
      if (each instanceof ConnectException || each instanceof NoRouteToHostException) {
        return Optional.of("no connection to " + place + " (" + Fields.line(message, 160) + ")");
      }
      each = each.getCause();
    }
    return Optional.empty();
  }
}
