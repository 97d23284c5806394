import { KeyedChannel, Record } from './keyed.js';

const kGraceMs = 10_000;
const kUnpromisedMs = 60_000; // one that promised nothing is judged as if it had promised this
const kWalk = 1.5; // m/s: what one who broke its promise may do besides

/**
 * One device, as it is at the moment it is read. Silence is judged against its promise of the next report.
 *
 *   state "live"   within the promise: it is at `position`
 *   state "aging"  past it: it was at `last`, and is somewhere within `radius`
 *   state "stale"  long past it, or nobody vouches for it: it was at `last`
 *   state "none"   nothing was ever heard of it
 */
export class Device extends Record {
  get state() {
    if (this.q === null) return 'none';
    if (this.doubt !== null) return 'stale';
    const age = this.elapsed(this.time);
    if (age <= this.promise) return 'live';
    return age <= 2 * this.promise + kGraceMs ? 'aging' : 'stale';
  }

  /** Within which the next report was to come, ms. */
  get promise() {
    return this.ttl || kUnpromisedMs;
  }

  /** Why it is stale by more than its age (see Quote.why); null otherwise. */
  get why() {
    return this.doubt ?? (this.state === 'live' ? null : 'old');
  }

  /** Where it is: {lat, lon, acc, spd, hdg, bat, m}. Only while live. */
  get position() {
    return this.state === 'live' ? this.data : undefined;
  }

  get last() {
    return this.state === 'aging' || this.state === 'stale' ? this.data : undefined;
  }

  /**
   * The radius in m within which it is: its accuracy, how far it has come at its speed, and once its promise is broken a
   * walk besides. It grows without a jump, as the server's own does (docs/protocol.md).
   */
  get radius() {
    if (!this.data) return NaN;
    const { acc = 0, spd = 0 } = this.data;
    const late = Math.max(0, this.ageMs - this.promise);
    return acc + (spd * this.ageMs + kWalk * late) / 1000;
  }
}

/** A group of tracked devices. "change" (device) when its report or its state did. */
export class TrackChannel extends KeyedChannel {
  constructor(name, context) {
    super(name, context, Device);
  }

  device(key) {
    return this.record(key);
  }
}
