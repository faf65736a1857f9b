package dev.cortex.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A query for the rows of many values, asked for a part of them at a time; spare places repeat the last value, so that
 * few different statements exist.
 *
 * @param <T> the values
 * @param text the query with that many places for values
 * @param bind binds one value
 */
public record Lookup<T>(IntFunction<String> text, Bind<T> bind) {

  /** Values that are asked for at a time. */
  private static final int VALUES_MAX = 256;

  /** Binds a value to a place of the query. */
  @FunctionalInterface
  public interface Bind<T> {
    /** Binds the parameters of that place, counted from 0. */
    void to(PreparedStatement query, int place, T value) throws SQLException;
  }

  /** Takes over what was found. */
  @FunctionalInterface
  public interface Take {
    /** Reads the row the result stands at. */
    void row(ResultSet row) throws SQLException;
  }

  /** Runs the query for every one of these values and hands over each row found. */
  public void run(Sql sql, Collection<T> wanted, Take take) throws SQLException {
    List<T> values = List.copyOf(wanted);
    for (int from = 0; from < values.size(); from += VALUES_MAX) {
      List<T> part = values.subList(from, Math.min(from + VALUES_MAX, values.size()));
      int places = Sql.places(part.size(), VALUES_MAX);
      PreparedStatement query = sql.prepare(text.apply(places));
      for (int place = 0; place < places; place++) {
        bind.to(query, place, part.get(Math.min(place, part.size() - 1)));
      }
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          take.row(row);
        }
      }
    }
  }
}
