package dev.cortex.config;

import java.util.List;
import java.util.stream.Stream;

/** What a desktop's user should know of the link to the cloud as it is configured. None of it stops a start. */
final class SyncChecks {

  /** Keys that mean nothing without a cloud. The shortest interval also paces those who poll this desktop. */
  private static final List<String> OF_A_CLOUD =
      List.of("sync.token", "sync.orgs", "sync.callback_url", "sync.callback_port", "sync.poll_max_ms");

  private final Settings settings;

  /** Checks of these settings. */
  SyncChecks(Settings settings) {
    this.settings = settings;
  }

  /** One line each. */
  Stream<String> warnings() {
    return settings.text("sync.cloud_url").isEmpty() ? withoutCloud() : Stream.concat(orgs(), callback());
  }

  private Stream<String> withoutCloud() {
    return Keys.ALL.stream()
        .filter(key -> OF_A_CLOUD.contains(key.name()) && settings.isChanged(key))
        .map(key -> key.name() + ": without effect while sync.cloud_url is empty");
  }

  private Stream<String> orgs() {
    String token = settings.text("sync.token");
    if (token.isEmpty()) {
      return Stream.of("sync.token: empty: the cloud lets nobody in without one, so nothing is synced");
    }
    return settings.list("sync.orgs").isEmpty() && TokenOrgs.of(token).isEmpty()
        ? Stream.of("sync.orgs: empty, and " + TokenOrgs.whyNone(token) + ", so nothing is synced")
        : Stream.empty();
  }

  private Stream<String> callback() {
    boolean listens = settings.whole("sync.callback_port") != 0;
    boolean named = !settings.text("sync.callback_url").isEmpty();
    if (named && !listens) {
      return Stream.of("sync.callback_url: the local listener for the tunnel is off; the URL has to lead to this"
          + " server's own port, which takes no forwarded request; set sync.callback_port");
    }
    return listens && !named
        ? Stream.of("sync.callback_port: the cloud learns of it by sync.callback_url only, which is empty")
        : Stream.empty();
  }
}
