package dev.cortex.store;

import dev.cortex.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;

/**
 * The schema as numbered files, applied in order and once each. What was applied is remembered with a checksum; a file
 * is never changed afterwards. A database of a newer program is refused.
 */
final class Migrations {

  /** Every file, in order; the first three characters are its number. */
  private static final List<String> SQLITE =
      List.of("001_log.sql", "002_stored_bytes.sql", "003_sync.sql", "004_left_out.sql");

  private static final List<String> POSTGRES = List.of("001_log.sql", "002_sync.sql");

  private final String folder;
  private final List<String> names;
  private final String elsewhere;

  /** Those files of that resource folder; {@code elsewhere} is what a refusal offers to use instead. */
  Migrations(String folder, List<String> names, String elsewhere) {
    this.folder = folder;
    this.names = List.copyOf(names);
    this.elsewhere = elsewhere;
  }

  /** The schema for SQLite. */
  static Migrations sqlite() {
    return new Migrations("/db/sqlite/", SQLITE, "another data directory");
  }

  /** The schema for PostgreSQL. */
  static Migrations postgres() {
    return new Migrations("/db/postgres/", POSTGRES, "another database");
  }

  List<String> names() {
    return names;
  }

  /** Applies what is missing and answers the schema's number; all of it or, on failure, nothing. */
  int apply(Sql sql) throws SQLException {
    sql.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          version INTEGER NOT NULL PRIMARY KEY,
          name    TEXT    NOT NULL,
          sha256  TEXT    NOT NULL
        )""");
    int newest = (int) sql.number("SELECT max(version) FROM schema_migrations");
    if (newest > names.size()) {
      throw new StoreException(
          Kind.INCOMPATIBLE,
          "the database was made by a newer version (schema " + newest + ", this one knows " + names.size()
              + "): start that version, or use " + elsewhere);
    }
    for (int version = 1; version <= names.size(); version++) {
      String name = names.get(version - 1);
      String text = text(name);
      if (version <= newest) {
        check(sql, version, name, sha256(text));
      } else {
        for (String statement : text.split(";\\s*(\\n|$)")) {
          if (!statement.isBlank()) {
            sql.execute(statement);
          }
        }
        PreparedStatement note = sql.prepare("INSERT INTO schema_migrations (version, name, sha256) VALUES (?, ?, ?)");
        note.setInt(1, version);
        note.setString(2, name);
        note.setString(3, sha256(text));
        note.executeUpdate();
      }
    }
    return names.size();
  }

  private void check(Sql sql, int version, String name, String sha256) throws SQLException {
    PreparedStatement query = sql.prepare("SELECT sha256 FROM schema_migrations WHERE version = ?");
    query.setInt(1, version);
    try (ResultSet row = query.executeQuery()) {
      if (!row.next() || !row.getString(1).equals(sha256)) {
        throw new StoreException(
            Kind.INCOMPATIBLE,
            "the schema of the database was changed (" + name + " is not this version's): start the version that"
                + " made it, or use " + elsewhere);
      }
    }
  }

  private String text(String name) {
    try (InputStream in = Migrations.class.getResourceAsStream(folder + name)) {
      if (in == null) {
        throw new StoreException(Kind.INCOMPATIBLE, "The program lacks its file " + folder + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
