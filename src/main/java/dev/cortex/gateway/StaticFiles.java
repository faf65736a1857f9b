package dev.cortex.gateway;

import dev.cortex.event.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/** The client library and the console, out of the jar; read once, then served from memory. */
final class StaticFiles {

  private static final Pattern NAME = Pattern.compile("(client|console)/[a-z0-9][a-z0-9-]*(\\.[a-z0-9]+)+");
  private static final Map<String, String> TYPES =
      Map.of(
          "js", "text/javascript; charset=utf-8",
          "ts", "text/plain; charset=utf-8",
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml");

  private final Vertx vertx;
  private final Map<String, Future<Optional<Buffer>>> files = new HashMap<>();

  StaticFiles(Vertx vertx) {
    this.vertx = vertx;
  }

  /** Serves {@code /client/…}, {@code /console} and {@code /console/…}. */
  void handle(HttpServerRequest request) {
    String path = request.path().substring(1);
    String name = path.equals("console") || path.equals("console/") ? "console/index.html" : path;
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null || !NAME.matcher(name).matches()) {
      Problems.answer(request, ErrorCode.NOT_FOUND, "no file " + request.path());
      return;
    }
    files.computeIfAbsent(name, this::read).onSuccess(file -> {
      if (file.isEmpty()) {
        files.remove(name); // names that strangers make up are not worth keeping
        Problems.answer(request, ErrorCode.NOT_FOUND, "no file " + request.path());
        return;
      }
      CRC32C content = new CRC32C();
      content.update(file.get().getBytes());
      String tag = "\"" + Long.toHexString(content.getValue()) + "\"";
      request.response().putHeader(HttpHeaders.ETAG, tag).putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
      if (tag.equals(request.getHeader(HttpHeaders.IF_NONE_MATCH))) {
        request.response().setStatusCode(304).end();
      } else {
        request.response().putHeader(HttpHeaders.CONTENT_TYPE, type).end(file.get());
      }
    }).onFailure(failure -> {
      files.remove(name);
      Problems.answer(request, failure);
    });
  }

  private Future<Optional<Buffer>> read(String name) {
    return vertx.executeBlocking(() -> {
      try (InputStream in = StaticFiles.class.getResourceAsStream("/web/" + name)) {
        return in == null ? Optional.<Buffer>empty() : Optional.of(Buffer.buffer(in.readAllBytes()));
      } catch (IOException e) {
        throw new IllegalStateException("cannot read " + name + " from the jar", e);
      }
    });
  }
}
