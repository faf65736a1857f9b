package dev.cortex.testing;

import dev.cortex.testing.process.FreePorts;
import io.vertx.core.json.JsonObject;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A PostgreSQL server of this process, on 127.0.0.1, as durable as a real one: commits are forced to disk. It ends with
 * the process, however that ends: a hook stops it, a watching shell does so when the process is killed, and the next
 * one that starts a server removes what both left behind.
 *
 * <p>Databases are made by the superuser {@code postgres}, who needs no password, and belong to the user {@code
 * cortex}, who does.
 */
public final class LocalPostgres implements AutoCloseable {

  /** The user to whom databases belong; no superuser. */
  public static final String USER = "cortex";

  /** The password of that user. */
  public static final String PASSWORD = "cortex-secret";

  private static final int PATIENCE_S = 60;
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static LocalPostgres shared;

  private final PostgresProcess process;
  private EmbeddedPostgres server;
  private Process watch;

  private LocalPostgres(PostgresProcess process) {
    this.process = process;
  }

  /**
   * A database of its own.
   *
   * @param url JDBC URL without user and password
   * @param user owner of the database
   * @param password of the owner
   */
  public record Database(String url, String user, String password) {

    /** Opens a plain connection. */
    public Connection connect() throws SQLException {
      return DriverManager.getConnection(url, user, password);
    }

    /** Its name. */
    public String name() {
      return url.substring(url.lastIndexOf('/') + 1);
    }
  }

  /** The server that all tests of this JVM share; started with the first call. Whoever stops it starts it again. */
  public static synchronized LocalPostgres shared() {
    if (shared == null) {
      shared = own();
    }
    return shared;
  }

  /** A server of one's own, with settings of its own as {@code name=value}. */
  public static LocalPostgres own(String... settings) {
    try {
      LocalPostgres fresh = new LocalPostgres(PostgresProcess.prepare(List.of(settings)));
      Runtime.getRuntime().addShutdownHook(new Thread(fresh::close, "postgres-stop"));
      fresh.launch(FreePorts.find(1, 0).get(0)); // no port that a client may be given while the server is down
      fresh.superuser("CREATE ROLE " + USER + " LOGIN PASSWORD '" + PASSWORD + "'");
      return fresh;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A fresh, empty database. */
  public Database database() {
    String name = "t" + DATABASES.incrementAndGet();
    superuser("CREATE DATABASE " + name + " OWNER " + USER);
    return new Database("jdbc:postgresql://127.0.0.1:" + port() + '/' + name, USER, PASSWORD);
  }

  /** Removes a database and ends every connection to it. */
  public void drop(Database database) {
    superuser("DROP DATABASE IF EXISTS " + database.name() + " WITH (FORCE)");
  }

  /** JDBC URL that opens a database, such as {@code postgres}, as the superuser. */
  public String superuserUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port() + '/' + database + "?user=postgres";
  }

  /** Runs statements as the superuser, each for itself. */
  public void superuser(String... statements) {
    try (Connection connection = DriverManager.getConnection(superuserUrl("postgres"));
        Statement statement = connection.createStatement()) {
      for (String text : statements) {
        statement.execute(text);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the superuser could not do it", e);
    }
  }

  /** The port on 127.0.0.1; it stays the same over restarts. */
  public int port() {
    return server.getPort();
  }

  /** The process id of the server's first process. */
  public long pid() {
    return process.pid();
  }

  /** Stops the server as an administrator does: connections are cut, transactions rolled back. */
  public synchronized void stop() {
    stop("INT");
  }

  /** Ends the server as a crash does: nothing is tidied up, the next start recovers from the log. */
  public synchronized void crash() {
    stop("QUIT");
  }

  /** Starts the stopped server again, on the same port. */
  public synchronized void start() {
    try {
      launch(server.getPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops and starts the server. */
  public void restart() {
    stop();
    start();
  }

  /** Freezes every process of the server: connections stay open and nothing answers. */
  public synchronized void freeze() {
    process.signalAll("STOP");
  }

  /** Lets a frozen server go on. */
  public synchronized void thaw() {
    process.signalAll("CONT");
  }

  /** Ends the server, frozen or not, and removes what it stored. */
  @Override
  public synchronized void close() {
    if (process.isAlive()) {
      process.signalAll("CONT");
      stop("QUIT");
    }
    process.remove();
  }

  private void stop(String signal) {
    process.signal(signal);
    process.awaitEnd(PATIENCE_S);
    try {
      watch.getOutputStream().write('\n');
      watch.getOutputStream().close();
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void launch(int port) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setPort(port)
            .setOverrideWorkingDirectory(PostgresProcess.BINARIES.toFile())
            .setDataDirectory(process.data())
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            .setDataDirectoryCustomizer(LocalPostgres::askForPasswords)
            .setServerConfig("listen_addresses", "127.0.0.1")
            .setServerConfig("unix_socket_directories", "")
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("shared_buffers", "64MB")
            .setServerConfig("max_connections", "100")
            .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
            .setErrorRedirector(ProcessBuilder.Redirect.DISCARD);
    for (String setting : process.settings()) {
      int equals = setting.indexOf('=');
      builder.setServerConfig(setting.substring(0, equals), setting.substring(equals + 1));
    }
    server = PostgresProcess.unpacked(builder::start);
    watch = process.watch();
  }

  /** Trust for the superuser alone. */
  private static void askForPasswords(File data) {
    try {
      Files.writeString(
          data.toPath().resolve("pg_hba.conf"),
          "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs a server with one empty database as a process: prints {@code POSTGRES_READY} with what is needed to use it,
   * and ends with its standard input or at SIGTERM.
   */
  public static void main(String[] settings) throws IOException {
    try (LocalPostgres postgres = own(settings)) {
      Database database = postgres.database();
      JsonObject ready =
          new JsonObject()
              .put("url", database.url())
              .put("user", database.user())
              .put("password", database.password())
              .put("pid", postgres.pid());
      System.out.println("POSTGRES_READY " + ready.encode());
      System.out.flush();
      System.in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
