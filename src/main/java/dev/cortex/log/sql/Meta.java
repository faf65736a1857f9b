package dev.cortex.log.sql;

import dev.cortex.store.Sql;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Optional;

/** Named facts about the database as a whole. */
final class Meta {

  private static final String READ = "SELECT value FROM meta WHERE name = ?";
  private static final String WRITE =
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
  private static final String WRITE_FIRST = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING";

  private Meta() {}

  static Optional<String> read(Sql sql, String name) throws SQLException {
    PreparedStatement query = sql.prepare(READ);
    query.setString(1, name);
    try (ResultSet row = query.executeQuery()) {
      return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
    }
  }

  /** Random bytes of that name, made by whoever asks first. */
  static byte[] secret(Sql sql, String name) throws SQLException {
    Optional<String> known = read(sql, name);
    if (known.isEmpty()) {
      byte[] bytes = new byte[32];
      new SecureRandom().nextBytes(bytes);
      PreparedStatement write = sql.prepare(WRITE_FIRST);
      write.setString(1, name);
      write.setString(2, HexFormat.of().formatHex(bytes));
      write.executeUpdate();
      known = read(sql, name);
    }
    return HexFormat.of().parseHex(known.orElseThrow());
  }

  static void write(Sql sql, String name, String value) throws SQLException {
    PreparedStatement write = sql.prepare(WRITE);
    write.setString(1, name);
    write.setString(2, value);
    write.executeUpdate();
  }
}
