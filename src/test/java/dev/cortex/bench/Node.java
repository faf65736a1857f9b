package dev.cortex.bench;

import dev.cortex.testing.process.ClusterNode.Ports;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One node of a cluster under load, as a process of its own. */
final class Node implements AutoCloseable {

  private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
  private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String name;
  private final Ports ports;
  private final Process process;
  private final Proc proc;
  private final String id;

  private Node(String name, Ports ports, Process process, String id) {
    this.name = name;
    this.ports = ports;
    this.process = process;
    this.proc = new Proc(process.toHandle());
    this.id = id;
  }

  /** Starts a node and waits until it is ready; an {@link IOException} when it does not become so. */
  static Node start(String name, List<String> command, List<String> sets, Ports ports, Path folder)
      throws IOException {
    List<String> line = new ArrayList<>(command);
    line.addAll(List.of("--data-dir", folder.resolve(name).toString()));
    for (String set : sets) {
      line.addAll(List.of("--set", set));
    }
    Path log = folder.resolveSibling(name + ".log");
    Process process = new ProcessBuilder(line).redirectError(Redirect.to(log.toFile())).start();
    // an interrupted run must not leave its nodes behind
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    BufferedReader out = process.inputReader();
    String ready = out.readLine();
    if (ready == null || !ready.startsWith("CORTEX_READY ")) {
      process.destroyForcibly();
      throw new IOException(name + " did not start, see " + log + ": " + ready);
    }
    return new Node(name, ports, process, new JsonObject(ready.substring(ready.indexOf('{'))).getString("node"));
  }

  /** What it is called in the report. */
  String name() {
    return name;
  }

  /** What it is called in the cluster. */
  String id() {
    return id;
  }

  /** Where clients reach it. */
  InetSocketAddress address() {
    return new InetSocketAddress("127.0.0.1", ports.open());
  }

  /** Its process. */
  Proc proc() {
    return proc;
  }

  /** What it tells about itself now. */
  Exposition metrics() throws IOException, InterruptedException {
    return new Exposition(get(ports.internal(), "/metrics", "").body());
  }

  /** The cluster as it sees it. */
  JsonObject cluster() throws IOException, InterruptedException {
    return new JsonObject(get(ports.internal(), "/api/cluster", "").body());
  }

  /** Asks its public listener with a token. */
  HttpResponse<String> get(String path, String token) throws IOException, InterruptedException {
    return get(ports.open(), path, token);
  }

  private static HttpResponse<String> get(int port, String path, String token)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> answer = CLIENT.send(request.timeout(ANSWER_MAX).build(), BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(path.replaceAll("\\?.*", "") + " was answered with " + answer.statusCode());
    }
    return answer;
  }

  @Override
  public void close() {
    Target.stop(process);
  }
}
