/** The server's clock, from the answers to pings. */

const kDriftPerMs = 500e-6; // two clocks drift apart by at most this; a sample's error grows so

export class Clock {
  #env;
  #offset = null;
  #error = Infinity;
  #at = 0;

  /** `env`: now() in ms from anywhere, wall() in ms since 1970. */
  constructor(env) {
    this.#env = env;
  }

  forget() {
    this.#error = Infinity;
  }

  /** A time that the server told, of unknown age: better than nothing. */
  roughly(serverTime) {
    if (Number.isFinite(serverTime)) this.#keep(serverTime - this.#env.now(), 60_000);
  }

  /** An answer to a ping sent at `sent` (env.now) that says `serverTime`. */
  sample(sent, serverTime) {
    const received = this.#env.now();
    if (!Number.isFinite(serverTime) || !(sent <= received + 1)) return;
    this.#keep(serverTime - (sent + received) / 2, Math.max(0, received - sent) / 2);
  }

  /** The server's time, ms since 1970; our own clock's while nothing is known. */
  now() {
    return this.#offset === null ? this.#env.wall() : this.#env.now() + this.#offset;
  }

  #keep(offset, error) {
    const now = this.#env.now();
    if (error > this.#error + (now - this.#at) * kDriftPerMs) return;
    this.#offset = offset;
    this.#error = error;
    this.#at = now;
  }
}
