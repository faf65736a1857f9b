package dev.cortex.testing.process;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The packaged server as a process of its own, started as a launcher starts it. {@link #close} ends it whatever
 * happened to it before.
 */
public final class ServerProcess implements AutoCloseable {

  private static final Duration START_MAX = Duration.ofSeconds(120);
  private static final String READY = "CORTEX_READY ";
  private static final String ERROR = "CORTEX_ERROR ";

  private final Process process;
  private final Output out;
  private final Output err;
  private ProcessHandle server;

  private ServerProcess(Process process) {
    this.process = process;
    this.server = process.toHandle();
    this.out = new Output("server-out", process.getInputStream());
    this.err = new Output("server-err", process.getErrorStream());
  }

  /** What the ready line says. */
  public record Ready(String url, int port, long pid, String version, Path dataDir) {

    /** The address of a path on that server. */
    public URI uri(String path) {
      return URI.create(url + path);
    }

    /** The address of a path on that server, by the WebSocket scheme. */
    public URI webSocket(String path) {
      return URI.create("ws" + url.substring("http".length()) + path);
    }
  }

  /** What the error line says. */
  public record Refusal(String code, String message) {}

  /** Starts the jar with exactly these arguments and waits for nothing. */
  public static ServerProcess launch(String... arguments) throws IOException {
    return launch(Map.of(), arguments);
  }

  /** Starts the jar with exactly these arguments and these variables in its environment. */
  public static ServerProcess launch(Map<String, String> variables, String... arguments) throws IOException {
    List<String> line = command();
    line.addAll(List.of(arguments));
    return started(line, variables);
  }

  /** Starts a server on a free port, without waiting for it. */
  public static ServerProcess launchOn(Path dataDir, String... more) throws IOException {
    return launch(onDirectory(dataDir, more));
  }

  /** Starts a server on a free port and waits until it is ready. */
  public static ServerProcess start(Path dataDir, String... more) throws Exception {
    ServerProcess started = launchOn(dataDir, more);
    started.ready();
    return started;
  }

  /**
   * Starts a server on a free port as the child of a shell, which is what dies when this is killed; the server keeps
   * the shell's standard input, so its end tells it nothing.
   */
  public static ServerProcess startUnderShell(Path dataDir, String... more) throws Exception {
    List<String> server = command();
    server.addAll(List.of(onDirectory(dataDir, more)));
    List<String> line = new ArrayList<>(List.of("sh", "-c", "exec 3<&0; \"$@\" <&3 & wait", "sh"));
    line.addAll(server);
    ServerProcess started = started(line, Map.of());
    started.server = ProcessHandle.of(started.ready().pid()).orElseThrow();
    return started;
  }

  private static String[] onDirectory(Path dataDir, String... more) {
    List<String> all = new ArrayList<>(List.of("--port", "0", "--data-dir", dataDir.toString(), "--no-banner"));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /** Starts a cloud node with exactly these arguments; it ends with this process. */
  public static ServerProcess launchNode(String... arguments) throws IOException {
    return launchNode(List.of(), arguments);
  }

  /** The same, with words before its command line that make way for it, such as those of another user. */
  public static ServerProcess launchNode(List<String> before, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(before);
    line.addAll(command("-Xmx256m"));
    line.addAll(List.of("--profile", "cloud", "--exit-with-parent", "--no-banner"));
    line.addAll(List.of(arguments));
    return started(line, Map.of());
  }

  private static List<String> command() {
    return command("-Xmx96m");
  }

  private static List<String> command(String heap) {
    String jar = System.getProperty("cortex.jar");
    if (jar == null) {
      throw new AssertionError("the jar's path is expected in the system property cortex.jar");
    }
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ArrayList<>(
        List.of(java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", heap, "-jar", jar));
  }

  private static ServerProcess started(List<String> line, Map<String, String> variables) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().keySet().removeIf(name -> name.startsWith("CORTEX_"));
    builder.environment().putAll(variables);
    return new ServerProcess(builder.start());
  }

  /** Waits for the ready line; anything else is an error that shows what the process said. */
  public Ready ready() throws InterruptedException {
    String line = out.first(START_MAX);
    if (!line.startsWith(READY)) {
      throw new AssertionError("not ready: " + line + '\n' + String.join("\n", err.soFar()));
    }
    JsonObject json = new JsonObject(line.substring(READY.length()));
    return new Ready(
        json.getString("url"),
        json.getInteger("port"),
        json.getLong("pid"),
        json.getString("version"),
        Path.of(json.getString("dataDir")));
  }

  /** Waits for the one line on standard output; empty when the process ended without it. */
  public String firstLine() throws InterruptedException {
    return out.first(START_MAX);
  }

  /** Waits for the error line; anything else is an error that shows what the process said. */
  public Refusal refusal() throws InterruptedException {
    String line = out.first(START_MAX);
    if (!line.startsWith(ERROR)) {
      throw new AssertionError("not refused: " + line + '\n' + String.join("\n", err.soFar()));
    }
    JsonObject json = new JsonObject(line.substring(ERROR.length()));
    return new Refusal(json.getString("code"), json.getString("message"));
  }

  /** Waits for the end of the process and gives its exit code. */
  public int exitCode(Duration atMost) throws InterruptedException {
    if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("still running after " + atMost + '\n' + String.join("\n", err.soFar()));
    }
    return process.exitValue();
  }

  /** Whether the process ends by itself within that time. */
  public boolean endsWithin(Duration atMost) throws InterruptedException {
    return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Every line on standard output, to its end. */
  public List<String> stdout() throws InterruptedException {
    return out.all();
  }

  /** Every line on standard output until now. */
  public List<String> stdoutSoFar() {
    return out.soFar();
  }

  /** Every line on standard error until now. */
  public List<String> stderr() {
    return err.soFar();
  }

  /** The process that was started: the server, or the shell above it. */
  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** The server's own process. */
  public ProcessHandle server() {
    return server;
  }

  /** Its standard input, which stays open until it is closed here. */
  public OutputStream stdin() {
    return process.getOutputStream();
  }

  /** Kills the process as {@code kill -9} does and waits until it is gone. */
  public void kill() throws InterruptedException {
    // by the handle: the process object would close its streams as well, and what was said last would be lost
    process.toHandle().destroyForcibly();
    process.waitFor();
  }

  /** Freezes the process: its connections stay open and nothing answers. */
  public void freeze() throws Exception {
    signal("STOP");
  }

  /** Lets a frozen process go on. */
  public void thaw() throws Exception {
    signal("CONT");
  }

  private void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("the process could not be sent " + name);
    }
  }

  /** Asks the process to end, as {@code kill} does. */
  public void terminate() {
    process.toHandle().destroy();
  }

  @Override
  public void close() {
    server.destroyForcibly();
    process.destroyForcibly();
  }
}
