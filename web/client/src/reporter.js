/**
 * A device that tells where it is. Each report promises when the next one comes (`nx`), and that promise is kept whatever
 * happens: with a new fix, or with the last one again. The rate follows the situation (law.js) within what the server
 * asks for. Without a network reports are kept; after it the newest goes first, then the backlog.
 */
import { Backlog } from './backlog.js';
import { kBrowser } from './environment.js';
import { Emitter } from './emitter.js';
import { kConnectionLost } from './errors.js';
import { eventOf, intervalOf, isMoving, kDefaultRate, metres } from './law.js';

const kMessageBytes = 3600;
const kSlowerAfterMs = 30_000; // it gets faster at once, slower only when that lasts
const kFixMs = 1000; // receivers give about one a second
const kOnTheWayMs = 2000; // a fix is up to a second old when it is reported, and a report takes its time to arrive
const kAskAgainMs = 5000;

/** Events: "report" (report, why), "answer" (the server's), "refused" (RealtimeError), "error" (of the locator). */
export class TrackReporter extends Emitter {
  #rt;
  #env;
  #options;
  #boot;
  #sequence = 0;
  #backlog;
  #fix = null;
  #reported = null;
  #reportedAt = -Infinity;
  #promised = 0; // the next report comes within this many ms after it
  #locatedAt = 0;
  #movedAt = 0;
  #parked = false;
  #rate = kDefaultRate;
  #next = null; // what the server asked for in answer to the newest report
  #interval = 0;
  #slowerSince = null;
  #sending = false;
  #refused = false;
  #timer = null;
  #running = false;
  #stops = [];

  /**
   * `rt`: a Realtime with the device's token. `group`, `device`: where and as whom it reports. `locator`: see
   * `browserLocator`. `battery()`: percent, or undefined. `storage`: localStorage or null.
   */
  constructor(rt, { group, device, locator, battery = () => undefined, storage = null, env = kBrowser }) {
    super();
    this.#rt = rt;
    this.#env = env;
    this.#options = { ch: `track:${group}`, device, locator, battery };
    this.#backlog = new Backlog({ storage, key: `levee.track.${group}.${device}`, now: env.now });
    // A boot only grows, also where the device's clock was set back since.
    this.#boot = Math.max(Math.floor(env.wall()), this.#backlog.lastBoot + 1);
  }

  /** Reports that no server has yet, and how many were given up. */
  get backlog() {
    return { size: this.#backlog.size, dropped: this.#backlog.dropped };
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#movedAt = this.#env.now();
    this.#stops = [
      this.#options.locator.watch(
        (fix) => this.#located(fix),
        (error) => this.emit('error', error),
      ),
      this.#rt.on('state', () => this.#send()),
    ];
  }

  stop() {
    this.#running = false;
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#env.clearTimeout(this.#timer);
  }

  // ---- when

  /** fix: {lat, lon, t, acc, spd, hdg, src}, `t` Unix ms by the device. */
  #located(fix) {
    if (!this.#running) return;
    const now = this.#env.now();
    const before = this.#fix;
    const period = Math.min(kFixMs, now - this.#locatedAt); // of the receiver: the next fix is about as far off
    this.#fix = { ...fix, spd: fix.spd ?? speedBetween(before, fix) };
    this.#locatedAt = now;
    const event = eventOf(this.#fix, this.#reported, this.#parked, now - this.#reportedAt, this.#rate);
    if (isMoving(this.#fix) || event === 'started') this.#movedAt = now;
    const { ms, mode } = this.#situation();
    if (this.#reported === null) return this.#report('first');
    if (event) return this.#report(event);
    if (mode === 'parked' && !this.#parked) return this.#report('parked');
    this.#settle(ms, now);
    // By this fix, if the next one would be too late; not a moment later by one that is a second old.
    if (this.#due - now <= period / 2) this.#report('interval');
  }

  /** By the fixes there are: one that has none, as in a tunnel, is not known to stand still. */
  #situation() {
    const { ms, mode } = intervalOf({ fix: this.#fix, stillMs: this.#locatedAt - this.#movedAt }, this.#rate);
    return { ms: this.#next === null ? ms : Math.min(ms, this.#next), mode };
  }

  /** Faster at once; slower only after it has been right for a while. */
  #settle(ms, now) {
    if (ms < this.#interval) {
      this.#interval = ms;
      this.#slowerSince = null;
    } else if (ms > this.#interval) {
      this.#slowerSince ??= now;
      if (now - this.#slowerSince >= kSlowerAfterMs) this.#interval = ms;
    }
    this.#schedule(now);
  }

  get #due() {
    return this.#reportedAt + Math.min(this.#interval, this.#promised);
  }

  /** When no fix comes in time, the promise is kept without one. */
  #schedule(now) {
    this.#env.clearTimeout(this.#timer);
    this.#timer = this.#env.setTimeout(() => this.#report('interval'), Math.max(0, this.#due + kFixMs - now));
  }

  #report(why) {
    const now = this.#env.now();
    const { ms, mode } = this.#situation();
    const isEvent = why !== 'interval';
    if (isEvent || this.#interval === 0) this.#interval = ms;
    this.#parked = mode === 'parked';
    this.#reported = this.#fix;
    this.#reportedAt = now;
    this.#promised = this.#interval;
    const nx = Math.ceil(this.#promised) + kOnTheWayMs;
    const { lat, lon, t, acc, spd, hdg, src } = this.#fix;
    const report = { s: ++this.#sequence, t, lat, lon, acc, spd, hdg, bat: this.#options.battery(), m: mode, src, nx };
    for (const [name, value] of Object.entries(report)) if (value === undefined || value === null) delete report[name];
    this.#backlog.add(this.#boot, report);
    this.emit('report', report, why);
    this.#next = null;
    this.#schedule(now);
    this.#send();
  }

  // ---- sending

  async #send() {
    if (this.#sending || this.#refused) return;
    this.#sending = true;
    try {
      while (this.#backlog.size > 0 && ['live', 'resyncing', 'stale'].includes(this.#rt.state)) await this.#sendNext();
    } catch (error) {
      this.#failed(error);
    }
    this.#sending = false;
  }

  /** The present alone and first, if the server has not got it; then what was kept. */
  async #sendNext() {
    const { b, r } = this.#backlog.newest();
    const isPresent = b === this.#boot && r.s === this.#sequence;
    const { reports } = isPresent ? { reports: [r] } : this.#backlog.batch(kMessageBytes);
    const { ch, device } = this.#options;
    const message = { op: 'loc', ch, dev: device, b, from: this.#backlog.lowest(b), ...this.#dated(reports) };
    if (!isPresent) message.bf = 1;
    const answer = await this.#rt.request(message);
    this.#backlog.done(b, reports);
    if (isPresent && r.s === this.#sequence) this.#obey(answer);
  }

  /**
   * The reports by the server's clock. Where we don't know it they are by ours, with what it says now: the server corrects
   * the one by the other, but what the message waits on its way is then missing in the reports' ages.
   */
  #dated(reports) {
    const wall = Math.floor(this.#env.wall());
    const server = this.#rt.serverClock.now;
    if (Number.isNaN(server)) return { now: wall, r: reports };
    return { r: reports.map((report) => ({ ...report, t: Math.round(report.t + server - wall) })) };
  }

  #obey(answer) {
    this.#rate = { ...kDefaultRate, ...answer.rate };
    this.#next = answer.next ?? null;
    this.emit('answer', answer);
    if (this.#running) this.#settle(this.#situation().ms, this.#env.now());
  }

  #failed(error) {
    if (error.code === kConnectionLost) return; // goes on when there is a connection
    this.emit('refused', error);
    if (error.retryMs > 0) this.#env.setTimeout(() => this.#send(), Math.max(kAskAgainMs, error.retryMs));
    else this.#refused = true;
  }
}

function speedBetween(before, fix) {
  const ms = before ? fix.t - before.t : 0;
  return ms > 0 ? metres(before, fix) / (ms / 1000) : 0;
}

/** The browser's own, as a locator: watch(onFix, onError) gives the function that ends it. */
export function browserLocator(geolocation = navigator.geolocation) {
  return {
    watch(onFix, onError) {
      const take = ({ coords, timestamp }) =>
        onFix({
          lat: coords.latitude,
          lon: coords.longitude,
          t: Math.round(timestamp),
          acc: Math.round(coords.accuracy),
          spd: coords.speed ?? undefined,
          hdg: coords.heading ?? undefined,
          src: coords.accuracy <= 50 ? 'gps' : 'net',
        });
      const id = geolocation.watchPosition(take, onError, { enableHighAccuracy: true, maximumAge: 0 });
      return () => geolocation.clearWatch(id);
    },
  };
}
