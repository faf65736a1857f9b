package dev.cortex.architecture.broken.log;

import java.sql.Connection;

/** May use SQL. */
public record LogWithSql(Connection connection) {}
