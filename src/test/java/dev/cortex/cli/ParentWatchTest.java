package dev.cortex.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ParentWatchTest {

  private static final String READY = "watching";

  /** A child that watches its parent, says so, and ends when told. */
  public static final class Child {

    private Child() {}

    public static void main(String[] args) throws InterruptedException {
      new ParentWatch(
              Optional.of(System.in), ParentWatch.parentOf(ProcessHandle.current()), 100, () -> System.exit(0))
          .start();
      System.out.println(READY + ' ' + ProcessHandle.current().pid());
      Thread.sleep(50_000); // the life it has when nobody notices anything
    }
  }

  @Test
  void killedParentIsNoticedAlthoughStandardInputStaysOpen() throws Exception {
    // The shell's input is a pipe that this test keeps open, so the only sign is the shell's death.
    Process shell = new ProcessBuilder(shellCommand()).start();
    try {
      ProcessHandle child = ProcessHandle.of(readyPid(shell)).orElseThrow();
      shell.destroyForcibly().waitFor();
      assertEndsSoon(child);
    } finally {
      shell.destroyForcibly();
    }
  }

  @Test
  void endOfStandardInputIsNoticedAlthoughTheParentLives() throws Exception {
    Process child = new ProcessBuilder(childCommand()).start();
    try {
      readyPid(child);
      child.getOutputStream().close();
      assertEndsSoon(child.toHandle());
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void livingParentWithOpenInputIsLeftAloneAndBothSignsTellOnce() throws Exception {
    AtomicBoolean alive = new AtomicBoolean(true);
    CountDownLatch polled = new CountDownLatch(5);
    CountDownLatch told = new CountDownLatch(1);
    AtomicBoolean twice = new AtomicBoolean();
    CountDownLatch inputMayEnd = new CountDownLatch(1);
    InputStream input = new InputStream() {
      @Override
      public int read() throws IOException {
        try {
          inputMayEnd.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
        return -1;
      }
    };
    CountDownLatch done = new CountDownLatch(1);
    new ParentWatch(
            Optional.of(input),
            () -> {
              polled.countDown();
              if (!alive.get()) {
                done.countDown();
              }
              return alive.get();
            },
            1,
            () -> {
              twice.set(told.getCount() == 0);
              told.countDown();
            })
        .start();
    assertThat(polled.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(told.getCount()).as("not told while the parent lives").isOne();
    inputMayEnd.countDown();
    assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
    alive.set(false);
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(twice).isFalse();
  }

  private static void assertEndsSoon(ProcessHandle child) throws Exception {
    long begin = System.nanoTime();
    child.onExit().get(60, TimeUnit.SECONDS);
    long tookMs = (System.nanoTime() - begin) / 1_000_000;
    assertThat(tookMs).as("milliseconds to notice").isLessThan(30_000);
  }

  private static long readyPid(Process process) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = lines.readLine();
    assertThat(line).startsWith(READY);
    return Long.parseLong(line.substring(READY.length() + 1));
  }

  private static List<String> childCommand() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        Child.class.getName());
  }

  private static List<String> shellCommand() {
    List<String> command = new ArrayList<>(List.of("sh", "-c", "exec 3<&0; \"$@\" <&3 & wait", "sh"));
    command.addAll(childCommand());
    return command;
  }
}
