package dev.cortex.callback;

import io.vertx.core.Future;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Tells the pushes of this node what the registry holds: everything of a shard that came here, and then what changes,
 * whichever node it was written by.
 */
final class RegistryWatch {

  private static final Logger LOG = LoggerFactory.getLogger(RegistryWatch.class);
  private static final Callback.Key FIRST = new Callback.Key("", "", "");

  /** Changes are read again for as long as the clocks of nodes may differ and a commit may take. */
  private static final long OVERLAP_MS = 30_000;
  /** After a hint: what is older the regular look finds. */
  private static final long HINT_OVERLAP_MS = 5_000;
  /** One that was removed is remembered for longer than any node takes to hear of it. */
  private static final long REMEMBERED_MS = 120_000;

  private final CallbackRegistry registry;
  private final Pushes pushes;
  private final PushWorld world;
  private final Set<Integer> toLoad = new LinkedHashSet<>();
  private long seenUntilMs;
  private boolean loading;
  private boolean looking;
  private boolean hinted;
  private boolean stopped;

  RegistryWatch(CallbackRegistry registry, Pushes pushes, PushWorld world) {
    this.registry = registry;
    this.pushes = pushes;
    this.world = world;
    this.seenUntilMs = world.clock().wallMs();
  }

  /** These shards are here now. */
  void load(Collection<Integer> shards) {
    toLoad.addAll(shards);
    loadNext();
  }

  private void loadNext() {
    if (loading || toLoad.isEmpty() || stopped) {
      return;
    }
    loading = true;
    int shard = toLoad.iterator().next();
    loadPages(shard, FIRST).onComplete(done -> {
      loading = false;
      if (done.succeeded()) {
        toLoad.remove(shard);
        loadNext();
      } else {
        warn("callbacks cannot be read; tried again soon: ", done.cause());
      }
    });
  }

  private Future<Void> loadPages(int shard, Callback.Key after) {
    return registry.ofShard(shard, after).compose(rows -> {
      rows.forEach(pushes::apply);
      return rows.size() < CallbackRegistry.PAGE
          ? Future.succeededFuture()
          : loadPages(shard, rows.get(rows.size() - 1).key());
    });
  }

  /** Looks for changes, and goes on with what could not be read; to be called every few seconds. */
  void look() {
    look(OVERLAP_MS);
    loadNext();
  }

  /** Something changed just now. */
  void hint() {
    if (looking) {
      hinted = true;
    } else {
      look(HINT_OVERLAP_MS);
    }
  }

  private void look(long overlapMs) {
    if (looking || stopped) {
      return;
    }
    looking = true;
    long begunMs = world.clock().wallMs();
    long sinceMs = Math.min(seenUntilMs, begunMs) - overlapMs;
    changed(sinceMs, sinceMs - 1, FIRST).onComplete(done -> {
      looking = false;
      if (done.succeeded()) {
        seenUntilMs = begunMs;
      } else {
        warn("changes of callbacks cannot be read: ", done.cause());
      }
      if (hinted) {
        hinted = false;
        hint();
      }
    });
  }

  private Future<Void> changed(long sinceMs, long placeMs, Callback.Key after) {
    return registry.changedSince(sinceMs, placeMs, after).compose(rows -> {
      rows.forEach(pushes::apply);
      if (rows.size() < CallbackRegistry.PAGE) {
        return Future.succeededFuture();
      }
      Callback last = rows.get(rows.size() - 1);
      return changed(sinceMs, last.changedAtMs(), last.key());
    });
  }

  /** Forgets what ended; to be called about once a minute. */
  void expire() {
    pushes.expire();
    registry.removeExpired(world.clock().wallMs() - REMEMBERED_MS)
        .onFailure(failure -> warn("ended callbacks cannot be removed: ", failure));
  }

  /** Reads no more; what is under way may fail. */
  void stop() {
    stopped = true;
  }

  private void warn(String what, Throwable failure) {
    if (!stopped) {
      LOG.warn(what + failure.getMessage());
    }
  }
}
