package dev.cortex.bus;

/** Every address on the event bus. Addresses name nodes and verticle instances, never shards or orgs. */
public final class Addresses {

  private Addresses() {}

  /** The ingest stage of this node; local. */
  public static final String INGEST = "cortex.ingest";

  /** The sync bridge of a desktop; local. */
  public static final String SYNC = "cortex.sync";

  /** The registry of callbacks, on every node of the cloud; local. */
  public static final String CALLBACKS = "cortex.callbacks";

  /** The rooms of a node. */
  public static String room(String node) {
    return "cortex." + node + ".room";
  }

  /** One gateway instance of a node: deliveries and presence questions go there. */
  public static String gateway(String node, int instance) {
    return "cortex." + node + ".gateway." + instance;
  }

  /** The pushes of a node: to its room a gateway like others, which nobody is connected to. */
  public static String callback(String node) {
    return "cortex." + node + ".gateway.callback";
  }

  /** The node of a gateway's address; empty text when it is none. */
  public static String nodeOf(String gateway) {
    int end = gateway.lastIndexOf(".gateway.");
    return gateway.startsWith("cortex.") && end > "cortex.".length() ? gateway.substring("cortex.".length(), end) : "";
  }
}
