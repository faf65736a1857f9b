package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DataDirectoryTest {

  private static final RunFile RUN = new RunFile("http://127.0.0.1:9", 9, 42, "1", 7, Optional.of("secret"));

  @TempDir Path folder;

  @Test
  void directoryIsMadeForItsOwnerOnly() throws IOException {
    Path wanted = folder.resolve("a/b");
    try (DataDirectory directory = DataDirectory.open(wanted)) {
      assertThat(mode(directory.path())).isEqualTo("rwx------");
      assertThat(mode(directory.path().resolve("lock"))).isEqualTo("rw-------");
    }
  }

  @Test
  void secondServerOfTheSameProcessIsRefusedAndDoesNotBreakTheLock() throws Exception {
    try (DataDirectory first = DataDirectory.open(folder)) {
      RUN.write(first.path());
      assertThat(refusal(folder))
          .satisfies(e -> assertThat(e.failure()).isEqualTo(StartFailure.ALREADY_RUNNING))
          .hasMessageContaining("http://127.0.0.1:9")
          .hasMessageContaining("42");
      assertThat(lockedForOthers()).as("another process sees the lock after the refusal").isTrue();
    }
    assertThat(lockedForOthers()).as("another process gets the lock after the end").isFalse();
    DataDirectory.open(folder).close();
  }

  @Test
  void symbolicLinkToALockedDirectoryIsLockedToo() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    try (DataDirectory first = DataDirectory.open(real)) {
      assertThat(first.path()).isEqualTo(real.toRealPath());
      assertThat(refusal(link).failure()).isEqualTo(StartFailure.ALREADY_RUNNING);
    }
  }

  @Test
  void leftoversOfAKilledServerAreCleared() throws IOException {
    Path leftover = folder.resolve("tmp/native/deep/old.so");
    Files.createDirectories(leftover.getParent());
    Files.writeString(leftover, "x");
    Path precious = Files.writeString(folder.resolve("cortex.db"), "x");
    try (DataDirectory directory = DataDirectory.open(folder)) {
      assertThat(leftover).doesNotExist();
      assertThat(directory.scratch("native")).isEmptyDirectory();
      assertThat(precious).exists();
    }
  }

  @Test
  void leftoverThatIsALinkIsRemovedWithoutFollowingIt() throws IOException {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Path precious = Files.writeString(outside.resolve("precious"), "x");
    Path data = Files.createDirectory(folder.resolve("data"));
    Files.createSymbolicLink(Files.createDirectory(data.resolve("tmp")).resolve("link"), outside);
    DataDirectory.open(data).close();
    assertThat(precious).exists();
    assertThat(data.resolve("tmp/link")).doesNotExist();
  }

  @Test
  void fileInThePlaceOfTheDirectoryIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThat(refusal(file).failure()).isEqualTo(StartFailure.CANNOT_CREATE_DATA);
    assertThat(refusal(file.resolve("below")).failure()).isEqualTo(StartFailure.CANNOT_CREATE_DATA);
  }

  @Test
  void runFileIsForItsOwnerOnlyAndReadsBack() throws IOException {
    RUN.write(folder);
    RUN.write(folder);
    assertThat(mode(folder.resolve("run.json"))).isEqualTo("rw-------");
    assertThat(RunFile.read(folder)).contains(RUN);
    assertThat(folder.resolve("run.json.new")).doesNotExist();
    RunFile.remove(folder);
    assertThat(RunFile.read(folder)).isEmpty();
  }

  @Test
  void damagedRunFileCountsAsNone() throws IOException {
    Files.writeString(folder.resolve("run.json"), "{\"url\":");
    assertThat(RunFile.read(folder)).isEmpty();
  }

  /** Asks another process: locks of one process say nothing to itself. */
  private boolean lockedForOthers() throws IOException, InterruptedException {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                LockProbe.class.getName(),
                folder.resolve("lock").toString())
            .inheritIO()
            .start();
    assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return other.exitValue() == LockProbe.LOCKED;
  }

  private static StartException refusal(Path path) {
    StartException e = catchThrowableOfType(StartException.class, () -> DataDirectory.open(path));
    assertThat(e).as("must be refused").isNotNull();
    return e;
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
