package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where callbacks may be, by whatever notation and by whatever answer of a resolver: elsewhere nobody connects. */
@Timeout(300)
final class CallbackAddressTest {

  /** Never, in any profile; one address or URL a line. */
  static final List<String> URLS_NEVER = lines("""
      ftp://example.com/
      file:///etc/passwd
      gopher://example.com/
      javascript:alert(1)
      //example.com/
      example.com/hook
      https:/example.com
      https:example.com
      https:///example.com
      https://
      https:///
      https://?x
      https://user@example.com/
      https://user:password@example.com/
      https://example.com@127.0.0.1/
      https://127.0.0.1@example.com/
      https://@example.com/
      https://example.com/#fragment
      https://example.com#@127.0.0.1/
      https://example.com\\@127.0.0.1/
      https://example.com\\.evil.example/
      https:\\\\example.com/
      https://exa mple.com/
      https://example.com/a b
      https://example.com/<script>
      https://exämple.com/
      https://１２７.0.0.1/
      https://127。0。0。1/
      https://ⓔxample.com/
      https://%31%32%37.0.0.1/
      https://example%2ecom/
      https://example.com:0/
      https://example.com:65536/
      https://example.com:99999/
      https://example.com:-1/
      https://example.com:+443/
      https://example.com:0443/
      https://example.com:/
      https://example.com:80:80/
      https://example.com:port/
      https://example..com/
      https://.example.com/
      https://example.com./
      https://127.0.0.1./
      https://-example.com/
      https://example-.com/
      https://2130706433/
      https://0x7f000001/
      https://017700000001/
      https://0x7f.0.0.1/
      https://0177.0.0.1/
      https://127.1/
      https://127.0.1/
      https://127.0.0.01/
      https://127.0.0.001/
      https://127.000.0.1/
      https://0127.0.0.1/
      https://0x7f.1/
      https://127.0x0.0.1/
      https://1.2.3/
      https://1.2/
      https://1/
      https://0/
      https://0x/
      https://0x0/
      https://256.1.1.1/
      https://1.2.3.256/
      https://1.2.3.4.5/
      https://1.2.3.4567/
      https://8.8.8.08/
      https://08.8.8.8/
      https://0x8.8.8.8/
      https://134744072/
      https://example.123/
      https://example.0x1f/
      https://169.254.169.254/
      https://169.254.0.1/
      https://169.254.170.2/
      https://2852039166/
      https://0xa9fea9fe/
      https://0251.0376.0251.0376/
      https://[::]/
      https://[0:0:0:0:0:0:0:0]/
      https://[fe80::1]/
      https://[fe80::1%25eth0]/
      https://[fe80::1%eth0]/
      https://[febf::1]/
      https://[fec0::1]/
      https://[ff02::1]/
      https://[ff0e::1]/
      https://[::127.0.0.1]/
      https://[::7f00:1]/
      https://[::ffff:127.0.0.1]/
      https://[::ffff:7f00:1]/
      https://[::ffff:0:127.0.0.1]/
      https://[::ffff:0:7f00:1]/
      https://[0:0:0:0:0:ffff:7f00:1]/
      https://[::FFFF:A9FE:A9FE]/
      https://[::ffff:8.8.8.8]/
      https://[::ffff:808:808]/
      https://[::8.8.8.8]/
      https://[64:ff9b::7f00:1]/
      https://[64:ff9b::127.0.0.1]/
      https://[64:ff9b::808:808]/
      https://[64:ff9b:1::1]/
      https://[2002:7f00:1::]/
      https://[2002:a9fe:a9fe::1]/
      https://[2002:808:808::1]/
      https://[2001::1]/
      https://[2001:0:7f00:1::1]/
      https://[2001:10::1]/
      https://[2001:20::1]/
      https://[2001:2::1]/
      https://[2001:db8::1]/
      https://[3fff::1]/
      https://[3fff:fff::1]/
      https://[100::1]/
      https://[5f00::1]/
      https://[4000::1]/
      https://[fd00:ec2::254]/
      https://[fd20:ce::254]/
      https://[1:2:3:4:5:6:7]/
      https://[1:2:3:4:5:6:7:8:9]/
      https://[2606::4700::1111]/
      https://[2606:4700:::1111]/
      https://[2606:4700:04700::1]/
      https://[g::1]/
      https://[2606:4700::1
      https://2606:4700::1]/
      https://2606:4700::1111/
      https://[2606:4700::1111]443/
      https://[2606:4700::1111]:/
      https://[[2606:4700::1111]]/
      https://[example.com]/
      https://[127.0.0.1]/
      https://[]/
      https://0.0.0.0/
      https://0.1.2.3/
      https://100.64.0.1/
      https://100.100.100.200/
      https://100.127.255.255/
      https://168.63.129.16/
      https://192.0.0.1/
      https://192.0.0.192/
      https://192.0.2.1/
      https://192.88.99.1/
      https://198.18.0.1/
      https://198.19.255.255/
      https://198.51.100.7/
      https://203.0.113.9/
      https://224.0.0.1/
      https://239.255.255.250/
      https://240.0.0.1/
      https://255.255.255.255/
      """);

  /** Only where private networks are allowed. */
  static final List<String> URLS_PRIVATE = lines("""
      http://example.com/
      http://127.0.0.1:3693/ingest
      http://localhost:3693/ingest
      https://localhost/
      https://metadata/
      https://127.0.0.1/
      https://127.255.255.254/
      https://10.0.0.1/
      https://10.255.255.255/
      https://172.16.0.1/
      https://172.31.255.255/
      https://192.168.0.1/
      https://192.168.255.255/
      https://[::1]/
      https://[0:0:0:0:0:0:0:1]/
      https://[fc00::1]/
      https://[fdff:ffff::1]/
      HTTP://LOCALHOST/
      """);

  private static final List<String> URLS_PUBLIC = lines("""
      https://example.com
      https://example.com/
      HTTPS://Example.COM/Hook?x=Y
      https://example.com:8443/hook/a%20b?c=d&e=f
      https://desk-1.tunnel.example.com/ingest
      https://xn--bcher-kva.example/
      https://a_b.example.com/
      https://1.example.com/
      https://127.0.0.1.example.com/
      https://8.8.8.8/
      https://1.1.1.1:8443/
      https://172.32.0.1/
      https://172.15.255.255/
      https://11.0.0.1/
      https://100.63.255.255/
      https://100.128.0.1/
      https://169.253.255.255/
      https://192.169.0.1/
      https://198.17.255.255/
      https://223.255.255.255/
      https://[2606:4700:4700::1111]/
      https://[2606:4700:4700:0:0:0:0:1111]:8443/x
      https://[2001:4860:4860::8888]/
      https://[2a00:1450:4001:81b::200E]/
      https://example.com?x=1
      """);

  /** Answers of a resolver that make a name unusable. */
  static final List<String> ADDRESSES_NEVER = List.of(
      "0.0.0.0", "0.255.255.255", "100.64.0.0", "100.127.255.255", "168.63.129.16", "169.254.0.0",
      "169.254.169.254", "169.254.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.255", "192.31.196.1",
      "192.52.193.1", "192.88.99.255", "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.255",
      "203.0.113.0", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255",
      "::", "::2", "::7f00:2", "fe80::", "febf:ffff::", "fec0::", "feff::1", "ff00::", "ff02::fb", "64:ff9b::a00:1",
      "64:ff9b:1::", "100::", "100:0:0:1::", "2001::", "2001:1ff::", "2001:db8:ffff::", "2002::", "2002:ffff::",
      "3fff::", "3fff:fff:ffff::", "4000::", "5f00::", "8000::", "e000::", "fe00::", "fd00:ec2::254",
      "::ffff:a9fe:a9fe", "::ffff:0:1", "::ffff:e000:1");

  static final List<String> ADDRESSES_PRIVATE = List.of(
      "10.0.0.0", "10.255.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "172.16.0.0", "172.31.255.255",
      "192.168.0.0", "192.168.255.255", "::1", "fc00::", "fdff:ffff:ffff::", "::ffff:7f00:1", "::ffff:c0a8:1");

  private static final List<String> ADDRESSES_PUBLIC = List.of(
      "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
      "128.0.0.0", "168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
      "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.101.0",
      "203.0.112.255", "203.0.114.0", "223.255.255.255", "2000::1", "2001:200::", "2001:4860:4860::8888",
      "2001:db7:ffff::", "2001:db9::", "2003::", "2606:4700:4700::1111", "2a00:1450::1", "3ffe::", "::ffff:808:808");

  private static List<String> lines(String text) {
    return Arrays.asList(text.split("\n"));
  }

  static byte[] bytes(String address) {
    return IpText.parse(address).orElseThrow(() -> new AssertionError(address));
  }

  private static ErrorCode refusal(String url, boolean allowPrivate) {
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> CallbackAddress.parse(url, allowPrivate));
    assertThat(refused).as(url).isNotNull();
    return refused.code();
  }

  @Test
  void urlThatMayNotBeUsedIsRefused() {
    assertThat(URLS_NEVER.size() + URLS_PRIVATE.size()).isGreaterThan(150);
    for (String url : URLS_NEVER) {
      assertThat(refusal(url, false)).as(url).isEqualTo(ErrorCode.CALLBACK_REFUSED);
      assertThat(refusal(url, true)).as(url).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    }
    for (String url : URLS_PRIVATE) {
      assertThat(refusal(url, false)).as(url).isEqualTo(ErrorCode.CALLBACK_REFUSED);
      assertThat(CallbackAddress.parse(url, true).port()).as(url).isPositive();
    }
    assertThat(refusal("", false)).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal("https://example.com/" + "a".repeat(3_000), false)).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal("https://" + "a".repeat(64) + ".example/", false)).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal("https://" + "a.".repeat(130) + "example/", false)).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal("https://example.com/\r\nHost: other", false)).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal("https://example.com/\u0000", false)).isEqualTo(ErrorCode.CALLBACK_REFUSED);
    assertThat(refusal("https://example.com\t.evil/", false)).isEqualTo(ErrorCode.CALLBACK_REFUSED);
  }

  @Test
  void publicUrlIsReadAsItIs() {
    for (String url : URLS_PUBLIC) {
      CallbackAddress read = CallbackAddress.parse(url, false);
      assertThat(read.tls()).as(url).isTrue();
      assertThat(read.target()).as(url).startsWith("/");
    }
    CallbackAddress hook = CallbackAddress.parse("HTTPS://Example.COM:8443/Hook?x=Y", false);
    assertThat(hook.host()).isEqualTo("example.com");
    assertThat(hook.port()).isEqualTo(8443);
    assertThat(hook.target()).isEqualTo("/Hook?x=Y");
    assertThat(hook.literal()).isEmpty();
    assertThat(CallbackAddress.parse("https://[2606:4700::1111]/", false).literal().orElseThrow()).hasSize(16);
    assertThat(CallbackAddress.parse("https://example.com?x=1", false).target()).isEqualTo("/?x=1");
    assertThat(CallbackAddress.parse("https://example.com", false).port()).isEqualTo(443);
    assertThat(CallbackAddress.parse("http://example.com", true).port()).isEqualTo(80);
  }

  @Test
  void addressIsJudgedByItsNetworks() {
    for (String address : ADDRESSES_NEVER) {
      assertThat(AddressRules.doubt(bytes(address), false)).as(address).isPresent();
      assertThat(AddressRules.doubt(bytes(address), true)).as(address).isPresent();
    }
    for (String address : ADDRESSES_PRIVATE) {
      assertThat(AddressRules.doubt(bytes(address), false)).as(address).isPresent();
      assertThat(AddressRules.doubt(bytes(address), true)).as(address).isEmpty();
    }
    for (String address : ADDRESSES_PUBLIC) {
      assertThat(AddressRules.doubt(bytes(address), false)).as(address).isEmpty();
      assertThat(AddressRules.doubt(bytes(address), true)).as(address).isEmpty();
    }
  }
}
