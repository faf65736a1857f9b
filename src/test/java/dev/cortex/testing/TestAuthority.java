package dev.cortex.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An authority that signs certificates for a test, by the tool that comes with every JDK. */
public final class TestAuthority {

  private static final String PASSWORD = "changeit";

  private final Path folder;

  /** Files of one certificate: PEM. */
  public record Signed(Path cert, Path key, Path authority) {}

  private TestAuthority(Path folder) {
    this.folder = folder;
  }

  /** A new authority that keeps its files in that folder. */
  public static TestAuthority in(Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    TestAuthority authority = new TestAuthority(folder);
    authority.keytool("-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=ca", "-ext", "bc:c", "-validity",
        "10");
    authority.keytool("-exportcert", "-rfc", "-alias", "ca", "-file", folder.resolve("ca.pem").toString());
    return authority;
  }

  /**
   * A certificate, signed by this authority.
   *
   * @param name of its owner, and of its files
   * @param hosts it is good for, as {@code dns:NAME} or {@code ip:ADDRESS}
   */
  public Signed sign(String name, String... hosts)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path request = folder.resolve(name + ".csr");
    Path cert = folder.resolve(name + ".pem");
    Path key = folder.resolve(name + ".key");
    keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-validity", "10");
    keytool("-certreq", "-alias", name, "-file", request.toString());
    List<String> gencert = new ArrayList<>(List.of("-gencert", "-rfc", "-alias", "ca"));
    gencert.addAll(List.of("-infile", request.toString(), "-outfile", cert.toString()));
    if (hosts.length > 0) {
      gencert.addAll(List.of("-ext", "san=" + String.join(",", hosts)));
    }
    keytool(gencert.toArray(String[]::new));
    String text = Base64.getMimeEncoder().encodeToString(key(name).getEncoded());
    Files.writeString(key, "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n");
    return new Signed(cert, key, folder.resolve("ca.pem"));
  }

  /** What a server shows that is good for those hosts; parameters as above. */
  public SSLContext serving(String name, String... hosts)
      throws IOException, InterruptedException, GeneralSecurityException {
    Signed signed = sign(name, hosts);
    KeyStore own = empty();
    Certificate[] chain = {certificate(signed.cert()), certificate(signed.authority())};
    own.setKeyEntry(name, key(name), PASSWORD.toCharArray(), chain);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /** Flags of a JVM that trusts this authority and no other. */
  public String[] trustFlags() throws IOException, GeneralSecurityException {
    Path file = folder.resolve("trust.p12");
    KeyStore trusted = empty();
    trusted.setCertificateEntry("ca", certificate(folder.resolve("ca.pem")));
    try (OutputStream out = Files.newOutputStream(file)) {
      trusted.store(out, PASSWORD.toCharArray());
    }
    return new String[] {
      "-Djavax.net.ssl.trustStore=" + file, "-Djavax.net.ssl.trustStorePassword=" + PASSWORD
    };
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private Key key(String name) throws IOException, GeneralSecurityException {
    return KeyStore.getInstance(folder.resolve("store.p12").toFile(), PASSWORD.toCharArray())
        .getKey(name, PASSWORD.toCharArray());
  }

  private static Certificate certificate(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    line.addAll(List.of(arguments));
    line.addAll(List.of("-keystore", folder.resolve("store.p12").toString(), "-storetype", "PKCS12"));
    line.addAll(List.of("-storepass", PASSWORD));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(said);
    }
  }
}
