package dev.cortex.log.sql;

import dev.cortex.event.Desktop;
import dev.cortex.log.LogIds;
import dev.cortex.store.Sql;
import dev.cortex.store.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides at start whether this database is still the log that it was. A nonce stands in the database and in a file
 * beside it and changes at every start and clean stop: when they disagree, one of the two was put back from a backup.
 * Then, and after an unclean stop whose last commits may be missing, every log id is renewed, so that no old cursor
 * silently matches other events, and so is the incarnation under which this installation numbers its outbox; the old
 * one is kept with each outbox that it numbered.
 */
final class LogIdentity {

  /** What a start found. */
  enum Start {
    /** A database that never held anything. */
    FRESH,
    /** The log as it was left. */
    SAME,
    /** The database is not the one that was here before. */
    RESTORED,
    /** It stopped uncleanly while commits were not forced to disk. */
    TAIL_LOST
  }

  private static final String NONCE = "nonce";
  private static final String INCARNATION = "incarnation";
  private static final String INSTALL = "install";
  private static final String OWNER = "profile";
  private static final String SHUTDOWN = "shutdown";
  private static final String DURABILITY = "durability";
  private static final String CLEAN = "clean";
  private static final String RUNNING = "running";
  private static final String RELAXED = "relaxed";
  private static final String FULL = "full";

  private static final String RETIRE_ALL =
      "INSERT INTO old_log_ids (log_id, org_id, retired_at) SELECT log_id, org_id, ? FROM org_heads";
  private static final String RETIRE = RETIRE_ALL + " WHERE org_id = ?";
  private static final String RENEW = "UPDATE org_heads SET log_id = ? WHERE org_id = ?";

  /** All that has a number may have been sent, and answered beyond what is known here. */
  private static final String FORMER_TO_HEAD = former("outbox_head");

  /** Only what is confirmed is known to have been sent by this very log. */
  private static final String FORMER_TO_CONFIRMED = former("outbox_confirmed");

  private final NonceFile file;
  private final LogIds ids;

  LogIdentity(NonceFile file, LogIds ids) {
    this.file = file;
    this.ids = ids;
  }

  /**
   * Makes sure that the database is of that kind of server, and notes it where nobody did: whoever a cloud node lets in
   * must not get at a desktop's events.
   */
  void own(Sql sql, SqliteEventLog.Owner mine) throws SQLException {
    Optional<String> noted = Meta.read(sql, OWNER);
    if (noted.isEmpty()) {
      Meta.write(sql, OWNER, mine.text());
    } else if (!noted.get().equals(mine.text())) {
      String whose = noted.get().equals(SqliteEventLog.Owner.DESKTOP.text()) ? "desktop" : "cloud node";
      throw new StoreException(
          StoreException.Kind.INCOMPATIBLE, "this data directory belongs to a " + whose + "; use another --data-dir");
    }
  }

  /** Recognises the database and marks it as running; {@link #settle} follows once that has committed. */
  Start start(Sql sql, boolean fullDurability, long nowMs) throws SQLException {
    Optional<String> nonce = Meta.read(sql, NONCE);
    Start start = recognise(sql, nonce);
    if (start == Start.FRESH) {
      Meta.write(sql, INCARNATION, ids.next());
    }
    if (start == Start.RESTORED || start == Start.TAIL_LOST) {
      renewIncarnation(sql, FORMER_TO_HEAD);
      renewLogIds(sql, nowMs);
    }
    if (Meta.read(sql, INSTALL).isEmpty()) {
      Meta.write(sql, INSTALL, ids.next());
    }
    Meta.write(sql, SHUTDOWN, RUNNING);
    Meta.write(sql, DURABILITY, fullDurability ? FULL : RELAXED);
    changeNonce(sql, nonce);
    return start;
  }

  /** Marks a clean stop; {@link #settle} follows once that has committed. */
  void stop(Sql sql) throws SQLException {
    Meta.write(sql, SHUTDOWN, CLEAN);
    changeNonce(sql, Meta.read(sql, NONCE));
  }

  /** Leaves only the committed nonce in the file. */
  void settle(Sql sql) throws SQLException {
    writeFile(List.of(Meta.read(sql, NONCE).orElseThrow()));
  }

  /** Begins a new incarnation of a log that stays what it is or, when it was restored, of one with new log ids. */
  void reincarnate(Sql sql, boolean restored, long nowMs) throws SQLException {
    renewIncarnation(sql, FORMER_TO_CONFIRMED);
    if (restored) {
      renewLogIds(sql, nowMs);
    }
  }

  /** Gives the log of one org another id, should there be such a log. */
  void renewLogId(Sql sql, String orgId, long nowMs) throws SQLException {
    PreparedStatement retire = sql.prepare(RETIRE);
    retire.setLong(1, nowMs);
    retire.setString(2, orgId);
    if (retire.executeUpdate() == 1) {
      renew(sql, orgId);
    }
  }

  /** This installation as it numbers what it produces. */
  static Desktop desktop(Sql sql) throws SQLException {
    return new Desktop(Meta.read(sql, INSTALL).orElseThrow(), incarnation(sql));
  }

  /** The incarnation under which this installation numbers what it produces. */
  static String incarnation(Sql sql) throws SQLException {
    return Meta.read(sql, INCARNATION).orElseThrow();
  }

  private Start recognise(Sql sql, Optional<String> nonce) throws SQLException {
    if (nonce.isEmpty()) {
      return Start.FRESH;
    }
    if (!readFile().contains(nonce.get())) {
      return Start.RESTORED;
    }
    boolean clean = Meta.read(sql, SHUTDOWN).equals(Optional.of(CLEAN));
    boolean relaxed = Meta.read(sql, DURABILITY).equals(Optional.of(RELAXED));
    return relaxed && !clean ? Start.TAIL_LOST : Start.SAME;
  }

  private void changeNonce(Sql sql, Optional<String> old) throws SQLException {
    String fresh = ids.next();
    List<String> both = new ArrayList<>(old.stream().toList());
    both.add(fresh);
    writeFile(both);
    Meta.write(sql, NONCE, fresh);
  }

  /** What an earlier incarnation numbered, and nobody asked about yet, stays that one's. */
  private static String former(String head) {
    return "UPDATE org_heads SET outbox_former = ?, outbox_former_head = " + head
        + " WHERE outbox_head > 0 AND outbox_former = ''";
  }

  private void renewIncarnation(Sql sql, String former) throws SQLException {
    PreparedStatement keep = sql.prepare(former);
    keep.setString(1, incarnation(sql));
    keep.executeUpdate();
    Meta.write(sql, INCARNATION, ids.next());
  }

  private void renewLogIds(Sql sql, long nowMs) throws SQLException {
    PreparedStatement retire = sql.prepare(RETIRE_ALL);
    retire.setLong(1, nowMs);
    retire.executeUpdate();
    List<String> orgs = new ArrayList<>();
    try (ResultSet row = sql.prepare("SELECT org_id FROM org_heads").executeQuery()) {
      while (row.next()) {
        orgs.add(row.getString(1));
      }
    }
    for (String org : orgs) {
      renew(sql, org);
    }
  }

  private void renew(Sql sql, String orgId) throws SQLException {
    PreparedStatement renew = sql.prepare(RENEW);
    renew.setString(1, ids.next());
    renew.setString(2, orgId);
    renew.executeUpdate();
  }

  private List<String> readFile() {
    try {
      return file.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeFile(List<String> nonces) {
    try {
      file.write(nonces);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
