package dev.cortex.callback;

import dev.cortex.auth.StrictJson;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Future;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * The proof that a URL is its desktop's: what is there verifies a signature under the secret that the desktop named,
 * and echoes a text that nobody can guess.
 */
final class Challenge {

  private static final int BYTES = 24;

  private final CallbackClient client;
  private final SecureRandom random = new SecureRandom();

  Challenge(CallbackClient client) {
    this.client = client;
  }

  /**
   * Asks for the proof; fails with {@link ErrorCode#CALLBACK_REFUSED} when there is none.
   *
   * @param where host and port, as they are shown to whoever registers
   */
  Future<Void> prove(String url, String secret, String where) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    byte[] body = ("{\"challenge\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8);
    return client
        .post(url, List.of(secret), "challenge_" + UUID.randomUUID(), body, true)
        .recover(failure -> Future.failedFuture(
            failure instanceof RefusedException ? failure : unproven(silence(where, failure))))
        .map(reply -> {
          if (reply.status() != 200) {
            throw unproven("the challenge was answered with status " + reply.status() + " by " + where);
          }
          if (!text.equals(echo(reply.body()))) {
            throw unproven("the challenge was not echoed");
          }
          return null;
        });
  }

  /** Why nothing answered, in a word: what was wrong in particular is for the owner of the place to find out. */
  private static String silence(String where, Throwable failure) {
    String why = failure instanceof TimeoutException || failure instanceof ConnectTimeoutException ? "timed out"
        : failure instanceof UnknownHostException ? "the name has no address"
        : failure instanceof ConnectException ? "connection refused"
        : failure instanceof SSLException ? "no TLS connection" : "connection failed";
    return "nothing answered the challenge at " + where + ": " + why;
  }

  private static String echo(byte[] body) {
    try {
      return StrictJson.object(body).get("challenge") instanceof String text ? text : "";
    } catch (IOException notStrict) {
      throw unproven("the challenge was answered with something that is no JSON object");
    }
  }

  private static RefusedException unproven(String why) {
    return new RefusedException(ErrorCode.CALLBACK_REFUSED, "The callback did not prove to be yours: " + why);
  }
}
