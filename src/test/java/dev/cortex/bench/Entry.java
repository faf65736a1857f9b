package dev.cortex.bench;

/**
 * Where requests go on a server, and what they show there.
 *
 * @param path with its query
 * @param token a bearer token; empty when the server asks for none
 * @param desktop who asks to sync, as {@code <install>/<incarnation>}; empty for other clients
 */
record Entry(String path, String token, String desktop) {

  /** A path for a client with a token. */
  Entry(String path, String token) {
    this(path, token, "");
  }

  /** A path of a server that asks for no token. */
  static Entry open(String path) {
    return new Entry(path, "");
  }

  /** The first lines of a request, up to and without the empty line. */
  String head(String method, int port) {
    var authorization = token.isEmpty() ? "" : "\r\nAuthorization: Bearer " + token;
    var who = desktop.isEmpty() ? "" : "\r\nCortex-Desktop: " + desktop;
    return method + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + authorization + who;
  }
}
