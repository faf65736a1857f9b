package dev.cortex.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which addresses of a database are taken, and that none of their secrets is told. */
@Timeout(120)
final class PostgresServerTest {

  private static IllegalArgumentException refusal(String url) {
    return catchThrowableOfType(IllegalArgumentException.class, () -> new PostgresServer(url, "u", "p"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://db:5432/cortex",
        "jdbc:postgresql://db/cortex?sslmode=verify-full&currentSchema=events",
        "jdbc:postgresql://a:5432,b:5432/cortex?targetServerType=primary"
      })
  void addressOfADatabaseIsTaken(String url) {
    assertThat(new PostgresServer(url, "", "").dataSource().getSocketTimeout()).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:mysql://db/cortex, jdbc:postgresql:",
    "jdbc:sqlite:/tmp/x.db, jdbc:postgresql:",
    "postgres://db/cortex, jdbc:postgresql:",
    "jdbc:postgresql://db:port/cortex, no URL",
    "jdbc:postgresql://db/cortex?socketTimeout=0, socketTimeout",
    "jdbc:postgresql://db/cortex?reWriteBatchedInserts=true, reWriteBatchedInserts",
    "jdbc:postgresql://db/cortex?user=me, store.user"
  })
  void otherAddressIsRefusedWithTheReason(String url, String reason) {
    assertThat(refusal(url)).hasMessageContaining(reason);
  }

  @Test
  void secretsAreNeverTold() {
    assertThat(refusal("jdbc:postgresql://db/cortex?password=hunter2"))
        .hasMessageContaining("store.password")
        .hasMessageNotContaining("hunter2");
    PostgresServer server = new PostgresServer("jdbc:postgresql://db/cortex?sslpassword=hunter2", "u", "hunter2");
    assertThat(server.toString()).isEqualTo("jdbc:postgresql://db/cortex");
  }
}
