/**
 * Reports that no server has yet, bounded; the oldest are given up first. Kept over a reload where there is a storage
 * (`getItem`, `setItem`: localStorage); written at most every few seconds, as a device's flash wears out.
 */

const kKept = 2000;
const kWriteEveryMs = 5000;

export class Backlog {
  #storage;
  #key;
  #now;
  #reports; // oldest first: {b, r}
  #writtenAt = -Infinity;
  #dropped = 0;

  constructor({ storage = null, key, now }) {
    this.#storage = storage;
    this.#key = key;
    this.#now = now;
    this.#reports = this.#read();
  }

  get size() {
    return this.#reports.length;
  }

  /** The highest boot of them; 0 when there is none. */
  get lastBoot() {
    return Math.max(0, ...this.#reports.map(({ b }) => b));
  }

  /** How many were given up because there were too many. */
  get dropped() {
    return this.#dropped;
  }

  add(boot, report) {
    this.#reports.push({ b: boot, r: report });
    while (this.#reports.length > kKept) {
      this.#reports.shift();
      this.#dropped += 1;
    }
    this.#write(false);
  }

  /** The lowest sequence of that boot that is still kept. */
  lowest(boot) {
    return Math.min(...this.#reports.filter(({ b }) => b === boot).map(({ r }) => r.s));
  }

  /** The newest of all, or null. */
  newest() {
    return this.#reports.at(-1) ?? null;
  }

  /** The newest reports of one boot that fit into `bytes`, newest first: {b, reports}. */
  batch(bytes) {
    const { b } = this.#reports.at(-1);
    const reports = [];
    for (let i = this.#reports.length - 1; i >= 0 && this.#reports[i].b === b; i--) {
      bytes -= JSON.stringify(this.#reports[i].r).length + 1;
      if (bytes < 0 && reports.length) break;
      reports.push(this.#reports[i].r);
    }
    return { b, reports };
  }

  /** The server has these of that boot. */
  done(boot, reports) {
    const sequences = new Set(reports.map(({ s }) => s));
    this.#reports = this.#reports.filter(({ b, r }) => b !== boot || !sequences.has(r.s));
    this.#write(this.#reports.length === 0);
  }

  #read() {
    try {
      const kept = JSON.parse(this.#storage?.getItem(this.#key) ?? '[]');
      return Array.isArray(kept) ? kept.filter(({ b, r }) => Number.isFinite(b) && Number.isFinite(r?.s)) : [];
    } catch {
      return []; // what can't be read is lost; the device reports all the same
    }
  }

  #write(now) {
    if (!this.#storage || (!now && this.#now() - this.#writtenAt < kWriteEveryMs)) return;
    this.#writtenAt = this.#now();
    try {
      this.#storage.setItem(this.#key, JSON.stringify(this.#reports));
    } catch {
      // A full storage: the backlog then lasts as long as the program.
    }
  }
}
