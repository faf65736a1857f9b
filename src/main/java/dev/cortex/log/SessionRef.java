package dev.cortex.log;

import dev.cortex.base.Pure;

/** The name of a session: org, agent and session id. */
@Pure
public record SessionRef(String orgId, String agentId, String sessionId) {}
