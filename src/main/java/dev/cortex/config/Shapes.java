package dev.cortex.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The shapes of text that configuration values can have. No look-ups: a host name is judged by its letters. */
final class Shapes {

  /** What is shown in place of a secret. */
  static final String MASK = "********";

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "::1", "localhost");
  private static final Set<String> RESERVED_HEADERS =
      Set.of("host", "origin", "authorization", "cookie", "connection", "upgrade", "content-type", "content-length",
          "transfer-encoding", "traceparent");

  private Shapes() {}

  /** Text without control characters. */
  static boolean oneLine(String text) {
    return text.chars().noneMatch(Character::isISOControl);
  }

  /** A name as the envelope knows it. */
  static boolean name(String text) {
    return !text.isEmpty()
        && text.length() <= 128
        && text.chars().allMatch(c -> alphanumeric(c) || "._~-".indexOf(c) >= 0);
  }

  /** A host name or address, an IPv6 one without brackets. */
  static boolean host(String text) {
    return !text.isEmpty()
        && text.length() <= 253
        && text.chars().allMatch(c -> alphanumeric(c) || c == '.' || c == '-' || c == ':');
  }

  /** A host this machine alone can reach, in one of the three spellings a desktop may bind. */
  static boolean loopback(String host) {
    return LOOPBACK.contains(host);
  }

  /** {@code org.key=value}: an org's name, which may hold dots, a key of the section limits, what that key allows. */
  static boolean override(String text) {
    int equals = text.indexOf('=');
    int dot = text.lastIndexOf('.', Math.max(0, equals));
    return dot > 0
        && name(text.substring(0, dot))
        && Keys.named("limits" + text.substring(dot, equals))
            .filter(key -> key.kind() instanceof Kind.Whole)
            .flatMap(key -> key.kind().parse(text.substring(equals + 1)))
            .isPresent();
  }

  /** {@code host:port}, an IPv6 host in brackets. */
  static boolean hostPort(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      return false;
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    return host(bare)
        && (bracketed || bare.indexOf(':') < 0)
        && new Kind.Whole(1, 65_535).parse(text.substring(colon + 1)).isPresent();
  }

  /** {@code host:port} whose host is an IP address and no name. */
  static boolean addressPort(String text) {
    String host = text.substring(0, Math.max(0, text.lastIndexOf(':')));
    return hostPort(text) && (host.startsWith("[") || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9')));
  }

  /** A header name that is a token and means nothing to HTTP itself. */
  static boolean headerName(String text) {
    return !text.isEmpty()
        && text.length() <= 64
        && text.chars().allMatch(c -> alphanumeric(c) || c == '-' || c == '_')
        && !RESERVED_HEADERS.contains(text.toLowerCase(Locale.ROOT));
  }

  /** An absolute http or https URL with a host. */
  static boolean httpUrl(String text) {
    return parse(text).isPresent();
  }

  /** Whether an http or https URL may be used: https, or http to this machine. */
  static boolean safeUrl(String text) {
    return parse(text)
        .filter(uri -> uri.getScheme().equals("https") || loopback(bareHost(uri)))
        .isPresent();
  }

  /** An exact browser origin: scheme, host and perhaps a port, nothing more. Neither a wildcard nor {@code null}. */
  static boolean origin(String text) {
    return parse(text)
        .filter(uri -> uri.getRawPath().isEmpty() && uri.getRawQuery() == null && uri.getRawFragment() == null)
        .filter(uri -> uri.getRawUserInfo() == null)
        .isPresent();
  }

  /** The text with credentials that URLs carry before the host or in the query replaced by a mask. */
  static String withoutCredentials(String text) {
    if (!text.contains("://")) {
      return text;
    }
    String query = text.replaceAll("(?i)(password|pwd|secret|token|key)=[^&;]*", "$1=" + MASK);
    return query.replaceAll("//[^/@]*@", "//" + MASK + "@");
  }

  private static Optional<URI> parse(String text) {
    try {
      URI uri = new URI(text);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      return web && uri.getHost() != null ? Optional.of(uri) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static String bareHost(URI uri) {
    String host = uri.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static boolean alphanumeric(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
