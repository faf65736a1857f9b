package dev.cortex.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/** Binds whole columns of rows as PostgreSQL arrays, which the driver then sends in binary. */
public final class PostgresArrays {

  private final PreparedStatement statement;
  private int place;

  /** Binds the parameters of that statement one after the other, from the first. */
  public PostgresArrays(PreparedStatement statement) {
    this.statement = statement;
  }

  /** The next parameter, {@code text[]}; absent texts are null. */
  public PostgresArrays texts(String[] values) throws SQLException {
    return array("text", values);
  }

  /** The next parameter, {@code bigint[]}. */
  public PostgresArrays longs(long[] values) throws SQLException {
    return array("int8", values);
  }

  /** The next parameter, {@code integer[]}. */
  public PostgresArrays integers(int[] values) throws SQLException {
    return array("int4", values);
  }

  /** The next parameter, {@code bytea[]}. */
  public PostgresArrays bytes(byte[][] values) throws SQLException {
    return array("bytea", values);
  }

  /** The next parameter, one text. */
  public PostgresArrays text(String value) throws SQLException {
    statement.setString(++place, value);
    return this;
  }

  /** The next parameter, one number. */
  public PostgresArrays number(long value) throws SQLException {
    statement.setLong(++place, value);
    return this;
  }

  /** The next parameter, yes or no. */
  public PostgresArrays flag(boolean value) throws SQLException {
    statement.setBoolean(++place, value);
    return this;
  }

  private PostgresArrays array(String type, Object values) throws SQLException {
    PGConnection connection = statement.getConnection().unwrap(PGConnection.class);
    statement.setArray(++place, connection.createArrayOf(type, values));
    return this;
  }
}
