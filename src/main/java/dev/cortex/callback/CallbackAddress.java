package dev.cortex.callback;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a callback is reached, as its URL says: tenants write it, so it is read strictly, and what two readers could
 * understand differently is refused.
 *
 * @param tls whether by https
 * @param host a name in lower case, or an address without brackets
 * @param port from 1 to 65535
 * @param target path and query, as they are sent
 * @param literal the address if the host is one: 4 or 16 bytes; empty for a name
 */
@Pure
record CallbackAddress(boolean tls, String host, int port, String target, Optional<byte[]> literal) {

  /** Longest URL, in characters. */
  static final int URL_MAX = 2_048;

  private static final int HOST_MAX = 253;

  /**
   * Reads a URL.
   *
   * @param allowPrivate whether http, names without a dot and addresses of private networks are allowed, too
   * @throws RefusedException {@link ErrorCode#CALLBACK_REFUSED} when it may not be used
   */
  static CallbackAddress parse(String url, boolean allowPrivate) {
    require(!url.isEmpty() && url.length() <= URL_MAX, "must have 1 to " + URL_MAX + " characters");
    require(url.chars().allMatch(CallbackAddress::isUrlCharacter), "has a character that no URL has");
    String lower = url.toLowerCase(Locale.ROOT);
    boolean tls = lower.startsWith("https://");
    require(
        tls || (allowPrivate && lower.startsWith("http://")),
        "must begin with https:// (or callbacks.allow_private on the cloud, for tests)");
    require(url.indexOf('#') < 0, "must have no fragment");
    int begin = tls ? 8 : 7;
    int end = begin;
    while (end < url.length() && url.charAt(end) != '/' && url.charAt(end) != '?') {
      end++;
    }
    String authority = lower.substring(begin, end);
    require(authority.indexOf('@') < 0, "must have no user or password");
    String target = url.substring(end);
    int colon = portAt(authority);
    String shown = colon < 0 ? authority : authority.substring(0, colon);
    int port = colon < 0 ? (tls ? 443 : 80) : port(authority.substring(colon + 1));
    boolean six = shown.startsWith("[") && shown.endsWith("]");
    String host = six ? shown.substring(1, shown.length() - 1) : shown;
    Optional<byte[]> literal = six ? six(host) : fourOrName(host, allowPrivate);
    literal.flatMap(address -> AddressRules.doubt(address, allowPrivate)).ifPresent(use -> {
      throw refused("must not name an address that is " + use);
    });
    return new CallbackAddress(tls, host, port, target.startsWith("/") ? target : '/' + target, literal);
  }

  /** The addresses if each of them may be used: a name with one that may not is refused whole. */
  static List<byte[]> checked(List<byte[]> addresses, boolean allowPrivate) {
    require(!addresses.isEmpty(), "has a host without an address");
    for (byte[] address : addresses) {
      AddressRules.doubt(address, allowPrivate).ifPresent(use -> {
        throw refused("has a host with an address that may not be used");
      });
    }
    return addresses;
  }

  private static int portAt(String authority) {
    int bracket = authority.lastIndexOf(']');
    int colon = authority.indexOf(':', Math.max(0, bracket));
    require(bracket < 0 || bracket == authority.length() - 1 || colon == bracket + 1, "has a malformed host");
    return colon;
  }

  private static int port(String text) {
    require(text.matches("[1-9][0-9]{0,4}") && Integer.parseInt(text) <= 65_535, "has a port beyond 1 to 65535");
    return Integer.parseInt(text);
  }

  private static Optional<byte[]> six(String host) {
    Optional<byte[]> address = host.indexOf(':') < 0 ? Optional.empty() : IpText.parse(host);
    require(address.isPresent(), "has an address in an unusual notation");
    // an IPv4 address in IPv6 has a plain notation of its own
    require(!allZero(address.get(), 10), "has an address in an unusual notation, or one that may not be used");
    return address;
  }

  /** Whether so many bytes are zero; loopback, which is a place of its own, aside. */
  private static boolean allZero(byte[] address, int bytes) {
    byte[] loopback = new byte[16];
    loopback[15] = 1;
    return !Arrays.equals(address, loopback) && Arrays.equals(address, 0, bytes, new byte[bytes], 0, bytes);
  }

  private static Optional<byte[]> fourOrName(String host, boolean allowPrivate) {
    require(!host.isEmpty() && host.length() <= HOST_MAX, "has a malformed host");
    if (IpText.endsInNumber(host)) {
      Optional<byte[]> address = IpText.parse(host);
      require(address.isPresent(), "has an address in an unusual notation");
      return address;
    }
    for (String label : host.split("\\.", -1)) {
      require(label.matches("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"), "has a malformed host");
    }
    require(allowPrivate || host.indexOf('.') > 0, "has a host that is no public name");
    return Optional.empty();
  }

  private static boolean isUrlCharacter(int c) {
    return c > ' ' && c < 0x7f && "\"<>\\^`{|}".indexOf(c) < 0;
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw refused(what);
    }
  }

  private static RefusedException refused(String what) {
    return new RefusedException(ErrorCode.CALLBACK_REFUSED, "The callback URL " + what);
  }
}
