package dev.cortex.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/** One database connection with its prepared statements; used by one thread at a time. */
public final class Sql {

  /** Statements kept prepared per connection: more than all of the program's, so that none is prepared twice. */
  private static final int STATEMENTS_MAX = 96;

  private final Connection connection;
  private final boolean rowLocks;
  private final LinkedHashMap<String, PreparedStatement> statements = new LinkedHashMap<>(64, 0.75f, true);

  /** A view of that connection, which stays owned by the caller, to a database that locks as a whole. */
  Sql(Connection connection) {
    this(connection, false);
  }

  /**
   * A view of that connection, which stays owned by the caller.
   *
   * @param rowLocks whether several transactions may write at the same time and rows have to be locked
   */
  Sql(Connection connection, boolean rowLocks) {
    this.connection = connection;
    this.rowLocks = rowLocks;
  }

  Connection connection() {
    return connection;
  }

  /** The query, made to lock what it finds against changes by others until the transaction ends. */
  public String lockedShared(String query) {
    return rowLocks ? query + " FOR SHARE" : query;
  }

  /** The query, made to lock what it finds for a change of one's own until the transaction ends. */
  public String lockedToChange(String query) {
    return rowLocks ? query + " FOR UPDATE" : query;
  }

  /**
   * The prepared statement of that text, shared by everyone who uses this connection: bind every parameter, close its
   * result sets, but never the statement.
   */
  public PreparedStatement prepare(String text) throws SQLException {
    PreparedStatement statement = statements.get(text);
    if (statement == null) {
      statement = connection.prepareStatement(text);
      statements.put(text, statement);
      if (statements.size() > STATEMENTS_MAX) {
        Map.Entry<String, PreparedStatement> eldest = statements.entrySet().iterator().next();
        statements.remove(eldest.getKey());
        eldest.getValue().close();
      }
    }
    return statement;
  }

  /**
   * Closes every prepared statement. Needed after a failure: the driver destroys a statement that failed, and the
   * statement does not say so.
   */
  void forget() throws SQLException {
    for (PreparedStatement statement : statements.values()) {
      statement.close();
    }
    statements.clear();
  }

  /** Runs a statement without parameters to its end, whatever it answers. */
  public void execute(String text) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(text); // unlike execute, also takes the further steps of a pragma without columns
    }
  }

  /** The integer that a query without parameters answers first, 0 when it answers nothing. */
  public long number(String query) throws SQLException {
    try (ResultSet row = prepare(query).executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /** {@code groups} copies of {@code group}, separated by commas: the list of an IN or a VALUES. */
  public static String list(String group, int groups) {
    return (group + ',').repeat(groups - 1) + group;
  }

  /**
   * The number of places a list of {@code wanted} values gets: a power of four, at most {@code most}, so that few
   * different statements exist. Spare places repeat the last value.
   */
  public static int places(int wanted, int most) {
    int places = 1;
    while (places < wanted && places < most) {
      places = Math.min(places * 4, most);
    }
    return places;
  }
}
