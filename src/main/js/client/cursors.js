// Kept cursors: where each subscription's reader was, so that the next start resumes there.

/** At most one write to the storage in this time for a subscription that moves on. */
const WRITE_EVERY_MS = 1_000;

/** Cursors in a storage such as `localStorage`, under the server's address and the channel. */
export class Cursors {
  #storage;
  #prefix;
  #env;
  #writes = new Map();

  /**
   * @param storage `{getItem, setItem}`; undefined keeps nothing
   * @param url the server, because the cursors of one mean nothing to another
   * @param env `{setTimeout, clearTimeout}`
   */
  constructor(storage, url, env) {
    this.#storage = storage;
    this.#prefix = `cortex:${url}:`;
    this.#env = env;
  }

  /** What was kept for a channel: one cursor, or a list of them for everything; undefined when nothing was. */
  load(name, channel) {
    const text = this.#storage?.getItem(this.#prefix + name);
    if (!text) {
      return undefined;
    }
    const cursors = JSON.parse(text);
    return channel ? cursors[channel.orgId] : Object.values(cursors);
  }

  /** Keeps what a subscription's reader is done with, a moment later or at once. */
  save(subscription, atOnce = false) {
    const { name } = subscription;
    if (!this.#storage || (this.#writes.has(name) && !atOnce)) {
      return;
    }
    if (atOnce) {
      this.#env.clearTimeout(this.#writes.get(name));
      this.#write(subscription);
    } else {
      this.#writes.set(name, this.#env.setTimeout(() => this.#write(subscription), WRITE_EVERY_MS));
    }
  }

  #write(subscription) {
    this.#writes.delete(subscription.name);
    const cursors = subscription.consumedCursors;
    if (Object.keys(cursors).length > 0) {
      this.#storage.setItem(this.#prefix + subscription.name, JSON.stringify(cursors));
    }
  }
}
