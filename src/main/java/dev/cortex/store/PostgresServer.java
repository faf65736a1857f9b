package dev.cortex.store;

import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.ds.PGSimpleDataSource;

/** Where a PostgreSQL database is, and as whom to use it. */
public final class PostgresServer {

  /** What a URL has to begin with. */
  public static final String SCHEME = "jdbc:postgresql:";

  /** Longest wait for a server to accept a connection, in seconds. */
  private static final int CONNECT_S = 3;

  /** Longest wait for an answer: a second more than a statement may take, so that the server answers first. */
  private static final int ANSWER_S = PostgresDialect.STATEMENT_MS / 1000 + 1;

  /** Parameters of the URL that would break what the store relies on; all else is the operator's choice. */
  private static final List<String> OURS =
      List.of(
          "autosave",
          "connectTimeout",
          "loginTimeout",
          "options",
          "preferQueryMode",
          "prepareThreshold",
          "readOnly",
          "reWriteBatchedInserts",
          "socketTimeout",
          "stringtype");

  private static final List<String> SECRET = List.of("user", "password");

  private final String url;
  private final String user;
  private final String password;

  /**
   * That database.
   *
   * @param url JDBC URL, with parameters such as {@code sslmode} if need be
   * @param user empty for the driver's default, the operating system's user
   * @param password empty for none
   * @throws IllegalArgumentException when the URL is none that can be used; the message never repeats it
   */
  public PostgresServer(String url, String user, String password) {
    this.url = url;
    this.user = user;
    this.password = password;
    if (!url.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw new IllegalArgumentException("must begin with " + SCHEME);
    }
    Properties parsed = Driver.parseURL(url, new Properties());
    if (parsed == null) {
      throw new IllegalArgumentException("is no URL of the form jdbc:postgresql://host:port/database");
    }
    for (String name : parsed.stringPropertyNames()) {
      if (SECRET.contains(name)) {
        throw new IllegalArgumentException("must not hold the " + name + ": set store." + name);
      }
      if (OURS.contains(name)) {
        throw new IllegalArgumentException("must not set " + name);
      }
    }
  }

  PGSimpleDataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url);
    if (!user.isEmpty()) {
      source.setUser(user);
    }
    if (!password.isEmpty()) {
      source.setPassword(password);
    }
    source.setApplicationName("cortex");
    source.setConnectTimeout(CONNECT_S);
    source.setLoginTimeout(ANSWER_S);
    source.setSocketTimeout(ANSWER_S);
    source.setTcpKeepAlive(true);
    source.setPrepareThreshold(1);
    source.setLogServerErrorDetail(false); // it may quote events
    return source;
  }

  /** Without anything secret. */
  @Override
  public String toString() {
    int parameters = url.indexOf('?');
    return parameters < 0 ? url : url.substring(0, parameters);
  }
}
