package dev.cortex.boot;

import dev.cortex.bus.Members;
import io.vertx.core.Vertx;

/**
 * What the stages of one server run on and speak by.
 *
 * @param vertx its event loops and its event bus
 * @param node this node's name on the bus; in the cloud another one after each start
 * @param members who else is there
 */
record NodeBus(Vertx vertx, String node, Members members) {}
