package dev.cortex.store;

import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import java.sql.SQLException;

/** All that differs between one database and another beneath the statements themselves. */
interface Dialect {

  /** What a connection is for. */
  enum Role {
    /** The statements of group commits. */
    COMMIT,
    /** Every other change. */
    UPKEEP,
    /** Short questions that must not wait behind anything else. */
    WATCH,
    /** Reading. */
    READ
  }

  /** How far a piece of work had come when it failed. */
  enum Stage {
    /** Its connection was not open yet. */
    OPENING,
    /** Nothing was asked to be committed. */
    WORKING,
    /** The commit, or a statement that commits by itself, was under way. */
    COMMITTING
  }

  /** Connections for group commits. */
  int committers();

  /** Connections for reading. */
  int readers();

  /** Whether one connection does all writing, whatever its role. */
  boolean singleWriter();

  /** Whether a connection may break while nobody uses it. */
  boolean remote();

  /** A pool of one connection that is not opened yet. */
  Pool pool(Vertx vertx, Role role);

  /** A view of a fresh connection, set up for its role; a failure refuses the connection. */
  Sql prepared(java.sql.Connection connection, Role role) throws SQLException;

  /** Begins a transaction. */
  void begin(Sql sql, Role role) throws SQLException;

  /** Commits it. */
  void commit(Sql sql) throws SQLException;

  /**
   * Makes the connection fit for other work after a failure; fails when it cannot be.
   *
   * @param begun whether a transaction was begun
   */
  void clean(Sql sql, boolean begun) throws SQLException;

  /** A failure, sorted by what it means for the data. */
  StoreException failure(Throwable failure, Stage stage);

  /** Brings the schema up to date, in a transaction that was begun. */
  int migrate(Sql sql) throws SQLException;
}
