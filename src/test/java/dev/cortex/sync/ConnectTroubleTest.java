package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

final class ConnectTroubleTest {

  private static final String URL = "https://cortex.example";

  @Test
  void aHostThatIsNotKnownIsNamedHoweverItIsTold() {
    String words = "the host cortex.example is not known";
    assertThat(ConnectTrouble.words(new UnknownHostException("cortex.example"), URL)).contains(words);
    assertThat(ConnectTrouble.words(new IOException("broken", new UnknownHostException()), URL)).contains(words);
    assertThat(ConnectTrouble.words(new IOException("cortex.example"), URL)).contains(words);
    assertThat(ConnectTrouble.words(new IOException("Failed to resolve 'cortex.example' [A(1)]"), URL))
        .contains(words);
  }

  @Test
  void aConnectionThatDoesNotComeAboutNamesHostAndPort() {
    assertThat(ConnectTrouble.words(new ConnectException("Connection refused: /10.1.2.3:443"), URL))
        .contains("nothing listens at cortex.example:443 (connection refused)");
    assertThat(ConnectTrouble.words(new ConnectException("connection timed out after 9 ms"), "http://a.example/b"))
        .contains("no connection to a.example:80 in time");
    assertThat(ConnectTrouble.words(new ConnectTrouble.LateException(), "http://a.example:81"))
        .contains("no connection to a.example:81 in time");
    assertThat(ConnectTrouble.words(new NoRouteToHostException("No route to host"), URL))
        .contains("no connection to cortex.example:443 (No route to host)");
    assertThat(ConnectTrouble.words(new ConnectException("Connection refused: /[::1]:8443"), "https://[::1]:8443/x"))
        .contains("nothing listens at [::1]:8443 (connection refused)");
  }

  @Test
  void noSecretOfTheUrlIsTold() {
    assertThat(ConnectTrouble.words(new ConnectException("Connection refused"), "http://me:secret@a.example:81"))
        .contains("nothing listens at a.example:81 (connection refused)");
  }

  @Test
  void anotherFailureIsLeftToOthers() {
    assertThat(ConnectTrouble.words(new IOException("Connection was closed"), URL)).isEmpty();
    assertThat(ConnectTrouble.words(new TimeoutException("late"), URL)).isEmpty();
    assertThat(ConnectTrouble.words(new IOException(), URL)).isEmpty();
  }
}
