package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.event.Principal;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Tokens whose signature was checked before, so that a client that polls every second costs one verification in all.
 * A fixed number of places, each token having one of them by its hash: two that share a place take turns, which costs a
 * verification and never memory. What one key ring verified is unknown to the next. Used by all event loops.
 */
@Pure
final class VerifiedTokens {

  static final int PLACES = 8_192;

  private final AtomicReferenceArray<Entry> places = new AtomicReferenceArray<>(PLACES);

  private record Entry(byte[] hash, KeyRing keys, Principal principal) {}

  /** The principal of a token that these keys verified. */
  Optional<Principal> find(byte[] hash, KeyRing keys) {
    Entry entry = places.get(place(hash));
    boolean same = entry != null && entry.keys() == keys && MessageDigest.isEqual(entry.hash(), hash);
    return same ? Optional.of(entry.principal()) : Optional.empty();
  }

  /** Remembers what these keys verified. */
  void remember(byte[] hash, KeyRing keys, Principal principal) {
    places.set(place(hash), new Entry(hash, keys, principal));
  }

  private static int place(byte[] hash) {
    return ((hash[0] & 0xff) << 8 | (hash[1] & 0xff)) % PLACES;
  }
}
