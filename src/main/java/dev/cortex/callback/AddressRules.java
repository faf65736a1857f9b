package dev.cortex.callback;

import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which addresses a callback may be reached at. Addresses are those of the IANA registries for special purposes: of
 * IPv4 everything is public but what is listed, of IPv6 nothing but 2000::/3, and of that not what is listed.
 */
@Pure
final class AddressRules {

  /** An IPv4 or IPv6 network, and what it is for. */
  private record Network(byte[] prefix, int bits, String use) {

    static Network of(String text, String use) {
      int slash = text.indexOf('/');
      byte[] prefix = IpText.parse(text.substring(0, slash)).orElseThrow();
      return new Network(prefix, Integer.parseInt(text.substring(slash + 1)), use);
    }

    boolean holds(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit & 7);
        if (((address[bit >> 3] ^ prefix[bit >> 3]) & mask) != 0) {
          return false;
        }
      }
      return true;
    }
  }

  private static final String[][] NEVER = {
      {"0.0.0.0/8", "unspecified"},
      {"100.64.0.0/10", "shared by carriers"},
      {"168.63.129.16/32", "a platform's own service"},
      {"169.254.0.0/16", "link-local"},
      {"192.0.0.0/24", "for protocols"},
      {"192.0.2.0/24", "for documentation"},
      {"192.31.196.0/24", "for protocols"},
      {"192.52.193.0/24", "for protocols"},
      {"192.88.99.0/24", "for 6to4"},
      {"192.175.48.0/24", "for protocols"},
      {"198.18.0.0/15", "for benchmarks"},
      {"198.51.100.0/24", "for documentation"},
      {"203.0.113.0/24", "for documentation"},
      {"224.0.0.0/4", "multicast"},
      {"240.0.0.0/4", "reserved"},
      {"fd00:ec2::/32", "a platform's own service"},
      {"fd20:ce::/32", "a platform's own service"},
      {"2001::/23", "for protocols"},
      {"2001:db8::/32", "for documentation"},
      {"2002::/16", "for 6to4"},
      {"3fff::/20", "for documentation"},
  };

  private static final String[][] PRIVATE = {
      {"10.0.0.0/8", "private"},
      {"127.0.0.0/8", "loopback"},
      {"172.16.0.0/12", "private"},
      {"192.168.0.0/16", "private"},
      {"::1/128", "loopback"},
      {"fc00::/7", "private"},
  };

  private static final List<Network> FORBIDDEN = networks(NEVER);
  private static final List<Network> NOT_PUBLIC = networks(PRIVATE);
  private static final Network MAPPED = Network.of("::ffff:0:0/96", "IPv4 in IPv6");
  private static final Network GLOBAL = Network.of("2000::/3", "global");

  private AddressRules() {}

  /**
   * Why an address may not be used; empty when it may.
   *
   * @param address 4 or 16 bytes
   * @param allowPrivate whether loopback and private networks are allowed, too
   */
  static Optional<String> doubt(byte[] address, boolean allowPrivate) {
    if (MAPPED.holds(address)) {
      return doubt(new byte[] {address[12], address[13], address[14], address[15]}, allowPrivate);
    }
    for (Network network : FORBIDDEN) {
      if (network.holds(address)) {
        return Optional.of(network.use());
      }
    }
    for (Network network : NOT_PUBLIC) {
      if (network.holds(address)) {
        return allowPrivate ? Optional.empty() : Optional.of(network.use());
      }
    }
    return address.length == 4 || GLOBAL.holds(address) ? Optional.empty() : Optional.of("not global");
  }

  private static List<Network> networks(String[][] rows) {
    List<Network> networks = new ArrayList<>();
    for (String[] row : rows) {
      networks.add(Network.of(row[0], row[1]));
    }
    return List.copyOf(networks);
  }
}
