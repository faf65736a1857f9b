package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

final class TlsTroubleTest {

  @Test
  void aFailureWithoutTlsIsNotCalledOne() {
    Exception other = new IOException("connection refused", new CertificateException("No wonder"));
    assertThat(TlsTrouble.words(other)).isEmpty();
  }

  @Test
  void theReasonAtTheBottomIsTold() {
    told(new CertPathBuilderException("no path"), "no authority that this desktop trusts has signed the certificate"
        + " (no path)");
    told(new CertificateExpiredException("NotAfter: then"), "the certificate has expired (NotAfter: then)");
    told(new CertificateNotYetValidException("NotBefore: then"), "the certificate is not valid yet (NotBefore: then)");
    told(new CertificateException("No name matching a.example found"),
        "the certificate is for another host (No name matching a.example found)");
    told(new CertificateException("No subject alternative DNS name matching a.example found."),
        "the certificate is for another host (No subject alternative DNS name matching a.example found.)");
    told(new InvalidAlgorithmParameterException("the trustAnchors parameter must be non-empty"),
        "the trust store of this desktop's JVM is empty (the trustAnchors parameter must be non-empty)");
    told(new SSLException("not an SSL/TLS record: 48545450"), "the other side does not speak it");
    told(new IOException("Broken pipe"), "the connection broke (Broken pipe)");
    told(new CertPathValidatorException("revoked"), "revoked");
    told(new CertificateExpiredException(), "the certificate has expired");
  }

  @Test
  void anAlertOfTheOtherSideIsTold() {
    assertThat(TlsTrouble.words(new SSLException("Received fatal alert:\nprotocol_version")))
        .contains("TLS with the cloud failed: Received fatal alert: protocol_version");
    assertThat(TlsTrouble.words(new SSLException((String) null))).contains("TLS with the cloud failed: SSLException");
  }

  @Test
  void causesThatGoInACircleAreNotFollowedForEver() {
    Exception one = new SSLException("one");
    Exception other = new IOException("other", one);
    one.initCause(other);
    assertThat(TlsTrouble.words(other)).isPresent();
  }

  private static void told(Exception root, String expected) {
    SSLException wrapped = new SSLHandshakeException("general");
    wrapped.initCause(new CertificateException("in between", root));
    assertThat(TlsTrouble.words(new IOException("Failed to create SSL connection", wrapped)))
        .contains("TLS with the cloud failed: " + expected);
  }
}
