package dev.cortex.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The schema's files and how they are applied. */
@Timeout(120)
final class MigrationsTest {

  private Connection connection;
  private Sql sql;

  @BeforeEach
  void open() throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite::memory:");
    sql = new Sql(connection);
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void everyFileIsListedAndNumberedWithoutGap() throws IOException, URISyntaxException {
    assertListed(Migrations.sqlite(), "/db/sqlite");
    assertListed(Migrations.postgres(), "/db/postgres");
  }

  private static void assertListed(Migrations migrations, String resource) throws IOException, URISyntaxException {
    List<String> files;
    try (Stream<Path> folder = Files.list(Path.of(Migrations.class.getResource(resource).toURI()))) {
      files = folder.map(file -> file.getFileName().toString()).sorted().toList();
    }
    assertThat(migrations.names()).isEqualTo(files);
    for (int i = 0; i < files.size(); i++) {
      assertThat(files.get(i)).matches(String.format("%03d_[a-z_]+\\.sql", i + 1));
    }
  }

  @Test
  void secondStartChangesNothing() throws SQLException {
    int version = Migrations.sqlite().apply(sql);
    long objects = sql.number("SELECT count(*) FROM sqlite_master");
    assertThat(Migrations.sqlite().apply(sql)).isEqualTo(version);
    assertThat(sql.number("SELECT count(*) FROM sqlite_master")).isEqualTo(objects);
    assertThat(sql.number("SELECT count(*) FROM schema_migrations")).isEqualTo(version);
  }

  @Test
  void schemaHasThePromisedTableAndIndex() throws SQLException {
    Migrations.sqlite().apply(sql);
    assertThat(
            sql.number(
                "SELECT count(*) FROM pragma_table_info('realtime_events') WHERE name || ' ' || type IN ('id TEXT',"
                    + " 'org_id TEXT', 'user_id TEXT', 'type TEXT', 'payload TEXT', 'timestamp INTEGER',"
                    + " 'received_at INTEGER')"))
        .isEqualTo(7);
    assertThat(sql.number("SELECT count(*) FROM pragma_index_info('idx_events_org_ts') WHERE name IN ('org_id')"))
        .isEqualTo(1);
    assertThat(sql.number("SELECT count(*) FROM pragma_index_info('idx_events_org_ts')")).isEqualTo(2);
  }

  @Test
  void alteredFileIsRefused() throws SQLException {
    Migrations.sqlite().apply(sql);
    sql.execute("UPDATE schema_migrations SET sha256 = 'other'");
    assertRefused(Migrations.sqlite(), "001_log.sql");
  }

  @Test
  void newerSchemaIsRefused() throws SQLException {
    Migrations.sqlite().apply(sql);
    assertRefused(new Migrations("/db/sqlite/", List.of(), "another"), "newer");
  }

  private void assertRefused(Migrations migrations, String word) {
    assertThatThrownBy(() -> migrations.apply(sql))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.INCOMPATIBLE))
        .hasMessageContaining(word);
  }
}
