package dev.cortex.bus;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** Questions to the room of an org, wherever it lives. */
public final class RoomCalls {

  private final Vertx vertx;
  private final Directory directory;

  /** Calls from this node. */
  public RoomCalls(Vertx vertx, Directory directory) {
    this.vertx = vertx;
    this.directory = directory;
  }

  /**
   * Asks the room of an org. While the room moves ({@code moved}: it is certain that nothing was done) it is asked again
   * at its next owner, until the budget is spent. Fails with a {@link RefusedException}; {@code timeout} means that it
   * is not known whether the room acted.
   *
   * @param budgetMs how long to keep asking
   */
  public <T extends Message> Future<T> ask(String orgId, Message question, Class<T> answer, long budgetMs) {
    String owner = directory.ownerOf(orgId);
    return owner.isEmpty()
        ? Future.failedFuture(new RefusedException(ErrorCode.MOVED, ErrorCode.MOVED.sentence()))
        : askNode(owner, question, answer, budgetMs);
  }

  /** Asks the rooms of a node, once. */
  public <T extends Message> Future<T> askNode(String node, Message question, Class<T> answer, long timeoutMs) {
    return Requests.ask(vertx.eventBus(), Addresses.room(node), question, answer, timeoutMs);
  }

  /** Tells the rooms of a node something that has no answer. */
  public void tell(String node, Message message) {
    vertx.eventBus().send(Addresses.room(node), message);
  }

  /** Where the rooms are. */
  public Directory directory() {
    return directory;
  }
}
