package dev.cortex.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server that tests of the cloud's store rely on is as durable as they assume, and leaves nothing behind. */
@Timeout(300)
final class LocalPostgresTest {

  @Test
  void commitsAreForcedToDiskAndSurviveACrash() throws SQLException {
    LocalPostgres postgres = LocalPostgres.shared();
    LocalPostgres.Database database = postgres.database();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      assertThat(setting(statement, "fsync")).isEqualTo("on");
      assertThat(setting(statement, "synchronous_commit")).isEqualTo("on");
      assertThat(setting(statement, "listen_addresses")).isEqualTo("127.0.0.1");
      statement.execute("CREATE TABLE t (a int)");
      statement.execute("INSERT INTO t VALUES (7)");
    }
    int port = postgres.port();
    postgres.crash();
    assertThatThrownBy(database::connect).isInstanceOf(SQLException.class);
    postgres.start();
    assertThat(postgres.port()).isEqualTo(port);
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT a FROM t")) {
      assertThat(row.next()).isTrue();
    }
    postgres.drop(database);
  }

  @Test
  void ownerOfADatabaseNeedsItsPassword() {
    LocalPostgres.Database database = LocalPostgres.shared().database();
    assertThatThrownBy(() -> DriverManager.getConnection(database.url(), database.user(), "wrong"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password");
    LocalPostgres.shared().drop(database);
  }

  @Test
  void killedProcessLeavesNoServer() throws Exception {
    Process process = launch();
    ProcessHandle server = ready(process);
    process.destroyForcibly();
    Patience.until("the server ends", 60, () -> !server.isAlive());
  }

  @Test
  void processEndsWithItsInput() throws Exception {
    Process process = launch();
    ProcessHandle server = ready(process);
    process.getOutputStream().close();
    Patience.until("the server ends", 60, () -> !server.isAlive());
    Patience.until("its process ends", 60, () -> !process.isAlive());
  }

  private static Process launch() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(java, "-cp", classes, LocalPostgres.class.getName())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static ProcessHandle ready(Process process) throws IOException {
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    assertThat(line).startsWith("POSTGRES_READY ");
    JsonObject ready = new JsonObject(line.substring("POSTGRES_READY ".length()));
    return ProcessHandle.of(ready.getLong("pid")).orElseThrow();
  }

  private static String setting(Statement statement, String name) throws SQLException {
    try (ResultSet row = statement.executeQuery("SHOW " + name)) {
      row.next();
      return row.getString(1);
    }
  }
}
