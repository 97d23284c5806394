/** What is measured of one device: how often it reported, how far off it was shown, and whether silence was judged rightly. */
import { metres } from '../../web/client/src/law.js';

const kMoving = 0.6; // m/s
const kNearMetres = 100; // of a checkpoint
const kStopSeconds = 45; // standing for less is no stop
const kHoleSeconds = 30; // a network that is away for less is no hole
const kSettledSeconds = 60; // with a network for so long, a device is to be live
const kClockSlackMs = 100; // between the true age and what clocks make of it

export class Measures {
  #trace;
  #start;
  #near; // by second: near a checkpoint
  #made = new Map(); // sequence -> {at, promise}: when its fix was made
  #awaited; // moments after which a fix is to be seen: {second, seen: list of s}
  #awayAt = 0;
  #due = Infinity; // when the device has to report next, by its own promise
  #each; // told of each look: (s since the beginning, the error in m)
  #result = {
    seconds: 0,
    reports: 0,
    movingSeconds: 0,
    movingReports: 0,
    errors: [], // m, moving, with satellites and a network
    nearErrors: [], // the same, near a checkpoint
    stopsSeen: [], // s, until a fix from where it stands was shown
    backAfter: [], // s, from the end of a hole until a fix from after it was shown
    brokenPromises: 0, // by reports that were made too late
    looks: 0, // at something shown
    promised: 0, // looks at a position that came with a promise
    live: 0,
    falselyLive: 0, // shown live, though nobody had promised to be silent for so long
    outside: 0, // shown live, and more than twice its radius off
    settled: 0, // looks while nothing keeps the device from being live
    settledLive: 0,
  };

  /** The trace begins at `start`, ms. `each`: told of each look, (s since the beginning, error in m). */
  constructor(trace, start, each = () => {}) {
    const { seconds, checkpoints } = trace;
    this.#each = each;
    this.#trace = trace;
    this.#start = start;
    this.#near = seconds.map(({ truth }) => checkpoints.some((place) => metres(place, truth) <= kNearMetres));
    this.#result.seconds = seconds.length;
    this.#result.movingSeconds = seconds.filter(({ speed }) => speed >= kMoving).length;
    const { stopsSeen, backAfter } = this.#result;
    this.#awaited = [
      ...stopsOf(seconds).map((second) => ({ second, seen: stopsSeen })),
      ...holesOf(seconds).map((second) => ({ second, seen: backAfter })),
    ];
  }

  /** The device made a report at `now`, of a fix that was made at `at`. */
  reported({ s, nx = 0 }, at, now) {
    this.#made.set(s, { at, promise: nx });
    this.#result.reports += 1;
    if (this.#second(now).speed >= kMoving) this.#result.movingReports += 1;
    if (now > this.#due) this.#result.brokenPromises += 1;
    this.#due = nx > 0 ? now + nx : Infinity;
  }

  /** What a viewer sees at `now`. */
  look(device, now) {
    const second = this.#second(now);
    if (!second.network || !second.fix) this.#awayAt = now;
    const place = device.position ?? device.last;
    if (!place) return;
    const made = this.#made.get(device.q[1]);
    const error = metres(place, this.#truth(now));
    this.#each((now - this.#start) / 1000, error);
    this.#lookAtError(second, error, now);
    this.#lookAtState(device, made, error, now);
    this.#awaited = this.#awaited.filter(({ second: from, seen }) => {
      if (made.at < this.#start + 1000 * from) return true;
      seen.push((now - this.#start) / 1000 - from);
      return false;
    });
  }

  /** Everything; `radios`: of the device, see battery.mjs. */
  result({ all, reports }) {
    return { ...this.#result, reportJoules: reports.joules, radioJoules: all.joules };
  }

  #lookAtError({ speed, network, fix }, error, now) {
    if (speed < kMoving || !network || !fix) return;
    this.#result.errors.push(error);
    if (this.#near[this.#index(now)]) this.#result.nearErrors.push(error);
  }

  #lookAtState({ state, radius }, made, error, now) {
    const result = this.#result;
    const settled = now - this.#awayAt >= 1000 * kSettledSeconds;
    result.looks += 1;
    if (made.promise > 0) result.promised += 1;
    if (settled) result.settled += 1;
    if (state !== 'live') return;
    result.live += 1;
    if (settled) result.settledLive += 1;
    if (now - made.at > made.promise + kClockSlackMs) result.falselyLive += 1;
    if (error > 2 * radius) result.outside += 1;
  }

  #index(now) {
    const { length } = this.#trace.seconds;
    return Math.min(Math.max(Math.floor((now - this.#start) / 1000), 0), length - 1);
  }

  #second(now) {
    return this.#trace.seconds[this.#index(now)];
  }

  /** Where it truly is, between its seconds too. */
  #truth(now) {
    const i = this.#index(now);
    const { seconds } = this.#trace;
    const [a, b] = [seconds[i].truth, (seconds[i + 1] ?? seconds[i]).truth];
    const part = Math.max((now - this.#start) / 1000 - i, 0);
    return { lat: a.lat + part * (b.lat - a.lat), lon: a.lon + part * (b.lon - a.lon) };
  }
}

/** The seconds at which it came to stand for long enough, with a network all the while. */
function stopsOf(seconds) {
  const stops = [];
  for (let i = 1; i + kStopSeconds < seconds.length; i++) {
    if (seconds[i - 1].speed === 0 || seconds[i].speed !== 0) continue;
    const after = seconds.slice(i, i + kStopSeconds);
    if (after.every(({ speed, network }) => speed === 0 && network)) stops.push(i);
  }
  return stops;
}

/** The seconds at which a network that was away for long came back to one that moves. */
function holesOf(seconds) {
  const ends = [];
  for (let i = kHoleSeconds; i < seconds.length; i++) {
    if (seconds[i].network && seconds[i].speed >= kMoving && seconds.slice(i - kHoleSeconds, i).every(({ network }) => !network)) ends.push(i);
  }
  return ends;
}
