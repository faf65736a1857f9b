package dev.cortex.boot;

import dev.cortex.config.ConfigException;
import dev.cortex.log.LogException;
import java.net.BindException;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;

/** A server that did not start, with the reason a launcher can act on and a message for people. */
public final class StartException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final StartFailure failure;

  /** A failure for that reason. */
  public StartException(StartFailure failure, String message, Throwable cause) {
    super(message, cause);
    this.failure = failure;
  }

  /** A failure for that reason that no exception caused. */
  public StartException(StartFailure failure, String message) {
    this(failure, message, null);
  }

  /** Why. */
  public StartFailure failure() {
    return failure;
  }

  /** Finds the reason in whatever a stage failed with. */
  static StartException of(Throwable cause, String address) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof StartException known) {
        return known;
      }
      if (each instanceof ConfigException config) {
        return new StartException(StartFailure.BAD_CONFIG, config.getMessage(), cause);
      }
      if (each instanceof LogException log) {
        return ofLog(log);
      }
      if (each instanceof SocketException socket) {
        return ofSocket(socket, address);
      }
      if (each instanceof AccessDeniedException denied) {
        return new StartException(StartFailure.PERMISSION, "permission denied: " + denied.getFile(), cause);
      }
    }
    return new StartException(StartFailure.INTERNAL, "the server failed to start: " + cause, cause);
  }

  private static StartException ofLog(LogException log) {
    StartFailure failure =
        switch (log.kind()) {
          case BUSY -> StartFailure.ALREADY_RUNNING;
          case FULL -> StartFailure.CANNOT_CREATE_DATA;
          case READ_ONLY -> StartFailure.PERMISSION;
          case INCOMPATIBLE -> StartFailure.INCOMPATIBLE_DATABASE;
          default -> StartFailure.CORRUPT_DATABASE;
        };
    return new StartException(failure, "the event log cannot be opened: " + log.getMessage(), log);
  }

  private static StartException ofSocket(SocketException socket, String address) {
    String message = String.valueOf(socket.getMessage());
    if (message.contains("ermission denied")) {
      return new StartException(StartFailure.PERMISSION, "not allowed to listen on " + address, socket);
    }
    if (socket instanceof BindException && message.contains("in use")) {
      return new StartException(
          StartFailure.PORT_IN_USE, address + " is in use by another program; choose another port with --port", socket);
    }
    return new StartException(StartFailure.BAD_CONFIG, "cannot listen on " + address + ": " + message, socket);
  }
}
