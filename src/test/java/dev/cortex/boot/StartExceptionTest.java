package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.config.ConfigException;
import dev.cortex.log.LogException;
import java.net.BindException;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StartExceptionTest {

  static Stream<Arguments> causes() {
    return Stream.of(
        Arguments.of(new BindException("Address already in use"), StartFailure.PORT_IN_USE, 69),
        Arguments.of(new BindException("Permission denied"), StartFailure.PERMISSION, 77),
        Arguments.of(new SocketException("Permission denied"), StartFailure.PERMISSION, 77),
        Arguments.of(new BindException("Cannot assign requested address"), StartFailure.BAD_CONFIG, 78),
        Arguments.of(new ConfigException("x"), StartFailure.BAD_CONFIG, 78),
        Arguments.of(new AccessDeniedException("x"), StartFailure.PERMISSION, 77),
        Arguments.of(log(LogException.Kind.CORRUPT), StartFailure.CORRUPT_DATABASE, 74),
        Arguments.of(log(LogException.Kind.INCOMPATIBLE), StartFailure.INCOMPATIBLE_DATABASE, 74),
        Arguments.of(log(LogException.Kind.UNKNOWN), StartFailure.CORRUPT_DATABASE, 74),
        Arguments.of(log(LogException.Kind.READ_ONLY), StartFailure.PERMISSION, 77),
        Arguments.of(log(LogException.Kind.FULL), StartFailure.CANNOT_CREATE_DATA, 73),
        Arguments.of(log(LogException.Kind.BUSY), StartFailure.ALREADY_RUNNING, 75),
        Arguments.of(new IllegalStateException("x"), StartFailure.INTERNAL, 70));
  }

  @ParameterizedTest
  @MethodSource("causes")
  void causeHasItsExitCodeHoweverDeepItLies(Throwable cause, StartFailure failure, int exitCode) {
    for (Throwable each : new Throwable[] {cause, new RuntimeException(cause)}) {
      StartException found = StartException.of(each, "127.0.0.1:1");
      assertThat(found.failure()).isEqualTo(failure);
      assertThat(found.failure().exitCode()).isEqualTo(exitCode);
    }
  }

  @Test
  void portInUseNamesTheAddress() {
    assertThat(StartException.of(new BindException("Address already in use"), "127.0.0.1:3693"))
        .hasMessageContaining("127.0.0.1:3693");
  }

  private static LogException log(LogException.Kind kind) {
    return new LogException(kind, "x", new IllegalStateException("y"));
  }
}
