package dev.cortex.gateway;

/** How many connections of each org this gateway holds, as they count for the org's quota. */
interface ConnectionCounts {

  /** Nothing is counted: the connections of a desktop have no quota of their orgs. */
  ConnectionCounts NONE = orgId -> 0;

  /** Connections of an org that are open, or about to be. */
  int of(String orgId);
}
