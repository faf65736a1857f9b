package dev.cortex.architecture.broken.gateway;

import java.sql.Connection;

/** Holds SQL where none belongs. */
record GatewayThatWritesSql(Connection connection) {}
