package dev.cortex.boot;

import dev.cortex.auth.TokenSigner;
import dev.cortex.config.CortexConfig;
import java.util.List;

/**
 * The configurations of a demo's servers, made from the one that was given for all of them.
 *
 * @param given the demo's own, checked
 * @param home where their data is
 * @param secret of the cloud's tokens
 */
record DemoPlan(CortexConfig given, DemoHome home, String secret) {

  /** The org that everybody in the demo belongs to. */
  static final String ORG = "demo";

  private static final String HOST = "127.0.0.1";
  private static final String SCOPES = "publish subscribe consume";

  /** Longer than anybody looks at a demo. */
  private static final long TOKEN_SECONDS = 30 * 86_400L;

  /** The cloud node: alone, so it needs neither a cluster nor a database server. */
  CortexConfig cloud() {
    CortexConfig.Auth auth = given.auth();
    return config(
        "cloud",
        Demo.CLOUD,
        given.server().port(),
        given.server().internalPort(),
        new CortexConfig.Auth(secret, "", auth.issuer(), auth.audience(), auth.serviceTokens(), auth.localAuth()),
        new CortexConfig.Sync("", "", List.of(), "", 0, given.sync().pollMinMs(), given.sync().pollMaxMs()));
  }

  /**
   * A user's desktop, which lets the cloud push to it on that port.
   *
   * @param token of the user
   */
  CortexConfig desktop(String user, String token, String cloudUrl, int callbackPort) {
    return config(
        "local",
        user,
        0,
        0,
        new CortexConfig.Auth("", "", "", given.auth().audience(), List.of(), given.auth().localAuth()),
        new CortexConfig.Sync(
            cloudUrl,
            token,
            List.of(ORG),
            "http://" + HOST + ':' + callbackPort + "/ingest",
            callbackPort,
            given.sync().pollMinMs(),
            given.sync().pollMaxMs()));
  }

  /** A token of that user, as the cloud node reads it. */
  String token(String user, long nowMs) {
    TokenSigner signer = new TokenSigner(secret, given.auth().issuer(), given.auth().audience());
    return signer.sign(new TokenSigner.Grant(ORG, user, SCOPES, List.of(), TOKEN_SECONDS), nowMs);
  }

  private CortexConfig config(
      String profile, String name, int port, int internalPort, CortexConfig.Auth auth, CortexConfig.Sync sync) {
    CortexConfig.Server server = given.server();
    return new CortexConfig(
        profile,
        home.of(name),
        given.transport(),
        given.messageContract(),
        given.retryPolicy(),
        given.observability(),
        new CortexConfig.Server(HOST, port, HOST, internalPort, server.allowedOrigins(), server.drainSeconds()),
        given.store(),
        given.retention(),
        given.room(),
        given.cluster(),
        auth,
        sync,
        new CortexConfig.Callbacks(true),
        given.limits());
  }
}
