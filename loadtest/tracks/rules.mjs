/** What the policy is compared with: a device that reports by a simple rule, promises nothing and obeys nobody. */
import { metres } from '../../web/client/src/law.js';

const kMoving = 0.6; // m/s

/** A report every so many seconds. */
export function every(seconds) {
  return (fix, reported, ms) => ms >= 1000 * seconds;
}

/** The strongest simple rule of trackers in use: a time, a distance or a turn, whichever comes first. */
export function timeDistanceTurn(seconds, distance, degrees) {
  return (fix, reported, ms) => {
    if (ms >= 1000 * seconds || metres(fix, reported) >= distance) return true;
    const turn = Math.abs(((fix.hdg - reported.hdg + 540) % 360) - 180); // NaN without headings
    return fix.spd >= kMoving && turn >= degrees;
  };
}

export class RuleReporter {
  #rt;
  #env;
  #rule;
  #options;
  #reported = null;
  #reportedAt = 0;
  #unsent = null;
  #sequence = 0;
  #sending = false;
  #told = () => {};

  /** As TrackReporter; `rule`: (fix, the one reported last, ms since then) -> whether to report. */
  constructor(rt, { group, device, locator, env }, rule) {
    this.#rt = rt;
    this.#env = env;
    this.#rule = rule;
    this.#options = { ch: `track:${group}`, dev: device, b: 1, locator };
  }

  on(event, told) {
    if (event === 'report') this.#told = told;
  }

  start() {
    this.#options.locator.watch((fix) => this.#located(fix));
    this.#rt.on('state', () => this.#send());
  }

  #located(fix) {
    const now = this.#env.now();
    if (this.#reported && !this.#rule(fix, this.#reported, now - this.#reportedAt)) return;
    this.#reported = fix;
    this.#reportedAt = now;
    const { lat, lon, t, acc, spd, hdg } = fix;
    this.#unsent = { s: ++this.#sequence, t, lat, lon, acc, spd, hdg };
    this.#told(this.#unsent);
    this.#send();
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    const { ch, dev, b } = this.#options;
    try {
      while (this.#unsent && ['live', 'resyncing', 'stale'].includes(this.#rt.state)) {
        const report = this.#unsent;
        await this.#rt.request({ op: 'loc', ch, dev, b, r: [report] });
        if (this.#unsent === report) this.#unsent = null;
      }
    } catch {
      // The connection is gone: the newest goes when there is another.
    }
    this.#sending = false;
  }
}
