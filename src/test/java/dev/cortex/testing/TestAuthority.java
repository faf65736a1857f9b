package dev.cortex.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

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

  /** A certificate of that name, signed by this authority. */
  public Signed sign(String name) throws IOException, InterruptedException, GeneralSecurityException {
    Path request = folder.resolve(name + ".csr");
    Path cert = folder.resolve(name + ".pem");
    Path key = folder.resolve(name + ".key");
    keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-validity", "10");
    keytool("-certreq", "-alias", name, "-file", request.toString());
    keytool("-gencert", "-rfc", "-alias", "ca", "-infile", request.toString(), "-outfile", cert.toString());
    KeyStore store = KeyStore.getInstance(folder.resolve("store.p12").toFile(), PASSWORD.toCharArray());
    String text = Base64.getMimeEncoder().encodeToString(store.getKey(name, PASSWORD.toCharArray()).getEncoded());
    Files.writeString(key, "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n");
    return new Signed(cert, key, folder.resolve("ca.pem"));
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
