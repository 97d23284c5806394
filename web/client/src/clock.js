/**
 * The server's clock, as an interval: how far it is ahead of ours at least and at most.
 *
 * Ours is a monotonic clock (`performance.now`); the wall clock of the device plays no part, so one that is wrong makes
 * no old value look new. A message that carries the time it was sent at bounds the difference from below, for it can't
 * have come before it went; an answer to a question of ours bounds it from above too. Between samples the interval
 * widens by the drift that two clocks may have. Bounds that contradict each other mean that one of the clocks was set,
 * or that ours stood still while the device slept: then only the newest counts.
 */

const kDriftPerMs = 500e-6;

export class Clock {
  #low = -Infinity;
  #high = Infinity;
  #at = 0;
  #from = -Infinity;

  /** Nothing learned before `now` is to be trusted, nor an answer to a question from before: the device slept. */
  forget(now) {
    this.#from = Math.floor(now);
    this.#low = -Infinity;
    this.#high = Infinity;
  }

  /** A message that the server sent at `time` came at `received`. */
  heard(time, received) {
    if (Number.isFinite(time)) this.#narrow(time - received, Infinity, received);
  }

  /** The answer, given at the server's `time`, to a question that went at `sent` or later and was answered by `received`. */
  answered(sent, time, received) {
    // The server's milliseconds are whole ones: it was up to one later.
    if (Number.isFinite(time) && sent >= this.#from && sent <= received) this.#narrow(time - received, time + 1 - sent, received);
  }

  /** Whether both bounds are known. */
  get known() {
    return this.#high < Infinity && this.#low > -Infinity;
  }

  /** The most that the server's clock can say at our time `now`; Infinity when it is not known. */
  latest(now) {
    return now + this.#high + this.#widened(now);
  }

  /** The least that the server's clock can say at our time `now`; -Infinity when it is not known. */
  earliest(now) {
    return now + this.#low - this.#widened(now);
  }

  /** What the server's clock most likely says at our time `now`; NaN when it is not known. */
  likely(now) {
    return this.known ? now + (this.#low + this.#high) / 2 : NaN;
  }

  /** How far `likely` may be wrong, ms either way. */
  error(now) {
    return this.known ? (this.#high - this.#low) / 2 + this.#widened(now) : Infinity;
  }

  #widened(now) {
    return Math.max(0, now - this.#at) * kDriftPerMs;
  }

  #narrow(low, high, now) {
    const wider = this.#widened(now);
    this.#at = Math.max(this.#at, now);
    const [oldLow, oldHigh] = [this.#low - wider, this.#high + wider];
    this.#low = Math.max(oldLow, low);
    this.#high = Math.min(oldHigh, high);
    if (this.#low > this.#high) [this.#low, this.#high] = [low, high];
  }
}
