package dev.cortex.log.sql;

import dev.cortex.log.OrgAppend;
import dev.cortex.log.OutboxRow;
import dev.cortex.store.PostgresArrays;
import java.sql.SQLException;
import java.util.List;

/**
 * What an append notes of sync, as further parts of the one statement of {@link PostgresAppend}: cursors, outboxes of
 * desktops, and their refusals, of which those that are not named any more are deleted. Its verdict decides here too.
 */
final class PostgresNotes {

  static final String PARTS =
      """
      , cursors AS (
        INSERT INTO sync_cursors (org_id, log_id, log_offset)
        SELECT c.org_id, c.log_id, c.log_offset
        FROM unnest(?::int[], ?::text[], ?::text[], ?::bigint[]) AS c (n, org_id, log_id, log_offset)
        WHERE (SELECT committed FROM verdict)[c.n]
        ON CONFLICT (org_id) DO UPDATE SET log_id = excluded.log_id, log_offset = excluded.log_offset
      ), taken AS MATERIALIZED (
        SELECT b.* FROM unnest(?::int[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bytea[], ?::text[])
          AS b (n, org_id, install, incarnation, number, id_hash, subject)
        WHERE (SELECT committed FROM verdict)[b.n]
      ), boxes AS (
        INSERT INTO outboxes (org_id, install, incarnation, number, id_hash, subject)
        SELECT org_id, install, incarnation, number, id_hash, subject FROM taken
        ON CONFLICT (org_id, install, incarnation) DO UPDATE SET number = excluded.number, id_hash = excluded.id_hash
      ), refused AS MATERIALIZED (
        SELECT r.* FROM unnest(?::int[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[])
          AS r (n, org_id, install, incarnation, number, id, code, message)
        WHERE (SELECT committed FROM verdict)[r.n]
      ), forgotten AS (
        DELETE FROM outbox_refusals f USING taken t
        WHERE f.org_id = t.org_id AND f.install = t.install AND f.incarnation = t.incarnation
          AND (f.org_id, f.install, f.incarnation, f.number) NOT IN (
            SELECT org_id, install, incarnation, number FROM refused)
      ), remembered AS (
        INSERT INTO outbox_refusals (org_id, install, incarnation, number, id, code, message)
        SELECT org_id, install, incarnation, number, id, code, message FROM refused
        ON CONFLICT DO NOTHING
      )""";

  private PostgresNotes() {}

  /** Whether the batch notes anything of the kind. */
  static boolean isNeeded(List<OrgAppend> batch) {
    for (OrgAppend org : batch) {
      if (!org.noted().outboxes().isEmpty() || org.noted().cursor().isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** Binds the parameters of {@link #PARTS}, which follow those of the events and what is beside them. */
  static void bind(PostgresArrays arrays, List<OrgAppend> batch) throws SQLException {
    bindCursors(arrays, batch);
    bindOutboxes(arrays, batch);
    bindRefusals(arrays, batch);
  }

  private static void bindCursors(PostgresArrays arrays, List<OrgAppend> batch) throws SQLException {
    int rows = (int) batch.stream().filter(org -> org.noted().cursor().isPresent()).count();
    int[] orgs = new int[rows];
    String[] names = new String[rows];
    String[] logs = new String[rows];
    long[] offsets = new long[rows];
    int i = 0;
    for (int n = 0; n < batch.size(); n++) {
      if (batch.get(n).noted().cursor().isPresent()) {
        orgs[i] = n + 1;
        names[i] = batch.get(n).orgId();
        logs[i] = batch.get(n).noted().cursor().get().logId();
        offsets[i] = batch.get(n).noted().cursor().get().offset();
        i++;
      }
    }
    arrays.integers(orgs).texts(names).texts(logs).longs(offsets);
  }

  private static void bindOutboxes(PostgresArrays arrays, List<OrgAppend> batch) throws SQLException {
    int rows = 0;
    for (OrgAppend org : batch) {
      rows += org.noted().outboxes().size();
    }
    int[] orgs = new int[rows];
    String[][] texts = new String[3][rows];
    String[] subjects = new String[rows];
    long[] numbers = new long[rows];
    byte[][] hashes = new byte[rows][];
    int i = 0;
    for (int n = 0; n < batch.size(); n++) {
      for (OutboxRow row : batch.get(n).noted().outboxes()) {
        orgs[i] = n + 1;
        name(texts, i, row);
        subjects[i] = row.subject();
        numbers[i] = row.number();
        hashes[i] = AppendTransaction.bits(row.hash().hi(), row.hash().lo());
        i++;
      }
    }
    arrays.integers(orgs).texts(texts[0]).texts(texts[1]).texts(texts[2]).longs(numbers).bytes(hashes)
        .texts(subjects);
  }

  private static void bindRefusals(PostgresArrays arrays, List<OrgAppend> batch) throws SQLException {
    int rows = 0;
    for (OrgAppend org : batch) {
      for (OutboxRow row : org.noted().outboxes()) {
        rows += row.refusals().size();
      }
    }
    int[] orgs = new int[rows];
    String[][] texts = new String[6][rows];
    long[] numbers = new long[rows];
    int i = 0;
    for (int n = 0; n < batch.size(); n++) {
      for (OutboxRow row : batch.get(n).noted().outboxes()) {
        for (OutboxRow.Refusal refusal : row.refusals()) {
          orgs[i] = n + 1;
          name(texts, i, row);
          numbers[i] = refusal.number();
          texts[3][i] = refusal.id();
          texts[4][i] = refusal.code();
          texts[5][i] = refusal.message();
          i++;
        }
      }
    }
    for (String[] column : texts) {
      PostgresRows.refuseNul(column);
    }
    arrays.integers(orgs).texts(texts[0]).texts(texts[1]).texts(texts[2]).longs(numbers).texts(texts[3])
        .texts(texts[4]).texts(texts[5]);
  }

  private static void name(String[][] texts, int i, OutboxRow row) {
    texts[0][i] = row.outbox().orgId();
    texts[1][i] = row.outbox().desktop().install();
    texts[2][i] = row.outbox().desktop().incarnation();
  }
}
