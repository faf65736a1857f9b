package dev.cortex.cli;

import dev.cortex.boot.RunFile;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which server a command talks to: the options for saying so, and where the answer is found when nothing is said. */
final class ServerAddress {

  private static final String DEFAULT_URL = "http://127.0.0.1:3693";

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "the server; default: the one running on the data directory, else " + DEFAULT_URL)
  private Optional<String> url = Optional.empty();

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description = "token to send; default: CORTEX_TOKEN, else that of the run file")
  private Optional<String> token = Optional.empty();

  @Option(names = "--data-dir", paramLabel = "DIR", description = "data directory whose run file names the server")
  private Optional<Path> dataDir = Optional.empty();

  /** A server and what to tell it. */
  record Target(URI url, Optional<String> token) {

    /** The address of a path on that server. */
    URI resolve(String path) {
      return URI.create(url.toString() + path);
    }

    /** The address of a path on that server, by the WebSocket scheme. */
    URI webSocket(String path) {
      return URI.create("ws" + url.toString().substring("http".length()) + path);
    }
  }

  /**
   * Finds the server. The token of a run file is sent to the server of that run file only.
   *
   * @throws IOException when the run file cannot be read
   * @throws IllegalArgumentException when the URL is none
   */
  Target find(Map<String, String> environment) throws IOException {
    Optional<String> secret = token.or(() -> Optional.ofNullable(environment.get("CORTEX_TOKEN")));
    Optional<String> named = url.or(() -> Optional.ofNullable(environment.get("CORTEX_URL")));
    if (named.isPresent()) {
      return new Target(checked(named.get()), secret);
    }
    Optional<RunFile> run = RunFile.read(directory(environment));
    return new Target(
        checked(run.map(RunFile::url).orElse(DEFAULT_URL)), secret.or(() -> run.flatMap(RunFile::token)));
  }

  private Path directory(Map<String, String> environment) {
    List<Assignment> flag =
        dataDir.map(dir -> List.of(new Assignment("--data-dir", "data_dir", dir.toString()))).orElse(List.of());
    return ConfigLoader.load(new ConfigSource("local", Optional.empty(), environment, flag)).config().dataDir();
  }

  private static URI checked(String text) {
    String bare = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    URI uri = URI.create(bare);
    boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!web || uri.getHost() == null) {
      throw new IllegalArgumentException("--url: not an http or https URL");
    }
    return uri;
  }
}
