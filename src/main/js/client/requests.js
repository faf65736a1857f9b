// Questions that one frame answers: asked again on a new connection, given up after a time.

import { CortexError, errorOf } from './wire.js';

/** Requests that wait for their answer. */
export class Requests {
  #env;
  #answerMs;
  #send;
  #waiting = new Map();
  #rids = 0;

  /**
   * @param env `{setTimeout, clearTimeout}`
   * @param answerMs how long an answer is awaited
   * @param send sends one frame; false when there is no connection
   */
  constructor(env, answerMs, send) {
    this.#env = env;
    this.#answerMs = answerMs;
    this.#send = send;
  }

  /** Asks; resolves to the answer without its `op` and `rid`. */
  ask(question) {
    const rid = `r${++this.#rids}`;
    const frame = { ...question, rid };
    return new Promise((resolve, reject) => {
      const timer = this.#env.setTimeout(() => {
        this.#waiting.delete(rid);
        reject(new CortexError('timeout', `no answer to ${question.op} in ${this.#answerMs} ms`));
      }, this.#answerMs);
      this.#waiting.set(rid, { frame, resolve, reject, timer });
      this.#send(frame);
    });
  }

  /** Asks again what has no answer yet. */
  resend() {
    for (const { frame } of this.#waiting.values()) {
      this.#send(frame);
    }
  }

  /** Takes an answer; false when it answers nothing asked here. */
  answered({ op, rid, ...answer }) {
    const request = this.#waiting.get(rid);
    if (!request) {
      return false;
    }
    this.#waiting.delete(rid);
    this.#env.clearTimeout(request.timer);
    if (op === 'error') {
      request.reject(errorOf(answer));
    } else {
      request.resolve(answer);
    }
    return true;
  }

  /** Gives every request up. */
  close(error) {
    for (const { reject, timer } of this.#waiting.values()) {
      this.#env.clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}
