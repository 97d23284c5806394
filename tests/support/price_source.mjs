// A source of three prices that a real server is told, and its log of what it said when: the truth to compare a page with.
import { FeedSource } from './realtime.mjs';

/** How often each changes, ms at least and at most, and how long it may go unconfirmed. */
const kKeys = { EURUSD: [100, 400, 3000], XAUUSD: [200, 1000, 20_000], BTCUSD: [1500, 6000, 60_000] };
const kAliveMs = 1000;

export class PriceSource {
  #levee;
  #name;
  #epoch = 0;
  #source = null;
  #values = new Map();
  #log = new Map(Object.keys(kKeys).map((key) => [key, []]));
  #timers = new Set();
  #over = false;

  static async start(levee, name) {
    const source = new PriceSource();
    source.#levee = levee;
    source.#name = name;
    await source.restart();
    for (const key of Object.keys(kKeys)) source.#tickLater(key);
    source.#every(kAliveMs, () => source.#source?.alive());
    return source;
  }

  /** The record that came after `q`, {q, at} with `at` as Unix ms; undefined while `q` is the newest. */
  newer(key, [epoch, sequence]) {
    return this.#log.get(key).find(({ q }) => q[0] > epoch || (q[0] === epoch && q[1] > sequence));
  }

  /** It starts anew: another epoch, and its sequences from the beginning. */
  async restart() {
    this.#epoch = Date.now();
    for (const key of Object.keys(kKeys)) this.#record(key, 1);
    await this.reconnect();
  }

  /** Its connection breaks without a word, and it comes back: it says all it has before anything else. */
  async reconnect() {
    this.#source?.cut();
    this.#source = null;
    const source = await FeedSource.begin(this.#levee, this.#name, this.#epoch);
    for (const key of Object.keys(kKeys)) await this.#say(source, key);
    source.synced();
    this.#source = source;
  }

  stop() {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#source?.cut();
  }

  #record(key, s) {
    this.#values.set(key, { s, t: Date.now(), n: 1 + Math.random() });
    this.#log.get(key).push({ q: [this.#epoch, s], at: Date.now() });
  }

  #say(source, key) {
    const { s, t, n } = this.#values.get(key);
    return source.tick(key, s, { n }, { t, ttl: kKeys[key][2] }).catch(() => null);
  }

  #tickLater(key) {
    const [least, most] = kKeys[key];
    this.#after(least + Math.random() * (most - least), () => {
      this.#record(key, this.#values.get(key).s + 1);
      if (this.#source) this.#say(this.#source, key);
      this.#tickLater(key);
    });
  }

  #every(ms, f) {
    this.#after(ms, () => {
      f();
      this.#every(ms, f);
    });
  }

  #after(ms, f) {
    if (this.#over) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      f();
    }, ms);
    this.#timers.add(timer);
  }
}
