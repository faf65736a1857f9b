package dev.cortex.sync;

import dev.cortex.base.Pure;
import java.io.IOException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Why no connection by TLS came about, for those who can mend it: what libraries say of it hides the reason. */
@Pure
final class TlsTrouble {

  private static final int CAUSES_MAX = 20;
  private static final int DETAIL_MAX = 160;

  private TlsTrouble() {}

  /** What is wrong, as a line; empty when the failure has nothing to do with TLS. */
  static Optional<String> words(Throwable failure) {
    boolean tls = false;
    Throwable last = failure;
    for (int i = 0; i < CAUSES_MAX && last.getCause() != null; i++) {
      tls |= last instanceof SSLException;
      last = last.getCause();
    }
    tls |= last instanceof SSLException;
    return tls ? Optional.of("TLS with the cloud failed: " + reason(last)) : Optional.empty();
  }

  private static String reason(Throwable root) {
    String detail = Fields.line(Optional.ofNullable(root.getMessage()).orElse(""), DETAIL_MAX);
    if (detail.startsWith("not an SSL/TLS record")) {
      return "the other side does not speak it"; // the detail is what it spoke
    }
    String known = known(root, detail);
    if (known.isEmpty()) {
      return detail.isEmpty() ? root.getClass().getSimpleName() : detail;
    }
    return detail.isEmpty() ? known : known + " (" + detail + ")";
  }

  /** What is wrong in words that help; empty when the detail has to do. */
  private static String known(Throwable root, String detail) {
    if (root instanceof CertPathBuilderException) {
      return "no authority that this desktop trusts has signed the certificate";
    }
    if (root instanceof CertificateExpiredException) {
      return "the certificate has expired";
    }
    if (root instanceof CertificateNotYetValidException) {
      return "the certificate is not valid yet";
    }
    if (root instanceof CertificateException && detail.startsWith("No ")) {
      return "the certificate is for another host";
    }
    if (root instanceof InvalidAlgorithmParameterException) {
      // of a trust store that is not there, or that was opened without its password
      return "the trust store of this desktop's JVM is empty";
    }
    return root instanceof IOException && !(root instanceof SSLException) ? "the connection broke" : "";
  }
}
