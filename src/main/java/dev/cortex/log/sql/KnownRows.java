package dev.cortex.log.sql;

import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.store.Lookup;
import dev.cortex.store.Sql;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Looks up many keys and sessions at once: the wanted ones as a list of values, joined to the table by its key. */
final class KnownRows {

  private static final KeyRef.Kind[] KINDS = KeyRef.Kind.values();
  private static final Lookup<KeyRef> KEYS = new Lookup<>(KnownRows::keyQuery, KnownRows::bindKey);
  private static final Lookup<SessionRef> SESSIONS = new Lookup<>(KnownRows::sessionQuery, KnownRows::bindSession);

  private KnownRows() {}

  static String keyQuery(int places) {
    return "WITH wanted (org_id, kind, key) AS (VALUES " + Sql.list("(?, ?, ?)", places) + ")"
        + " SELECT k.org_id, k.kind, k.key, k.log_offset, k.sequence, k.content_hash FROM wanted w"
        + " JOIN event_keys k ON k.org_id = w.org_id AND k.kind = w.kind AND k.key = w.key";
  }

  static String sessionQuery(int places) {
    return "WITH wanted (org_id, agent_id, session_id) AS (VALUES " + Sql.list("(?, ?, ?)", places) + ")"
        + " SELECT s.org_id, s.agent_id, s.session_id, s.home, s.last_offset, s.last_sequence, s.held FROM wanted w"
        + " JOIN sessions s ON s.org_id = w.org_id AND s.agent_id = w.agent_id AND s.session_id = w.session_id";
  }

  static Known of(Sql sql, Collection<KeyRef> keys, Collection<SessionRef> sessions) throws SQLException {
    return new Known(keys(sql, keys), sessions(sql, sessions));
  }

  private static Map<KeyRef, KeyRow> keys(Sql sql, Collection<KeyRef> wanted) throws SQLException {
    Map<KeyRef, KeyRow> found = new HashMap<>();
    KEYS.run(sql, wanted, row -> {
      ByteBuffer bits = ByteBuffer.wrap(row.getBytes(3));
      ByteBuffer content = ByteBuffer.wrap(row.getBytes(6));
      KeyRef key = new KeyRef(row.getString(1), kind(row.getInt(2)), bits.getLong(), bits.getLong());
      found.put(key, new KeyRow(key, row.getLong(4), row.getLong(5), content.getLong(), content.getLong()));
    });
    return found;
  }

  private static void bindKey(PreparedStatement query, int place, KeyRef key) throws SQLException {
    query.setString(3 * place + 1, key.orgId());
    query.setInt(3 * place + 2, key.kind().number());
    query.setBytes(3 * place + 3, AppendTransaction.bits(key.hi(), key.lo()));
  }

  private static Map<SessionRef, SessionRow> sessions(Sql sql, Collection<SessionRef> wanted) throws SQLException {
    Map<SessionRef, SessionRow> found = new HashMap<>();
    SESSIONS.run(sql, wanted, row -> {
      SessionRef session = new SessionRef(row.getString(1), row.getString(2), row.getString(3));
      found.put(session, new SessionRow(session, row.getString(4), row.getLong(5), row.getLong(6), row.getLong(7)));
    });
    return found;
  }

  private static void bindSession(PreparedStatement query, int place, SessionRef session) throws SQLException {
    query.setString(3 * place + 1, session.orgId());
    query.setString(3 * place + 2, session.agentId());
    query.setString(3 * place + 3, session.sessionId());
  }

  private static KeyRef.Kind kind(int number) {
    for (KeyRef.Kind kind : KINDS) {
      if (kind.number() == number) {
        return kind;
      }
    }
    throw new IllegalStateException("the store holds a key of unknown kind " + number);
  }
}
