package dev.cortex.architecture.broken.gateway;

import dev.cortex.architecture.broken.log.LogWithSql;

/** Goes round the room. */
record GatewayThatReadsTheLog(LogWithSql log) {}
