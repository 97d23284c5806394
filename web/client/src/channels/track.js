import { KeyedChannel, Record } from './keyed.js';

const kGraceMs = 10_000;
const kSlowest = 1.5; // m/s: one who stands may begin to walk

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
    if (age <= this.ttl) return 'live';
    return age <= 2 * this.ttl + kGraceMs ? 'aging' : 'stale';
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

  /** The radius in m within which it is: its accuracy, and how far it may have come once its promise is broken. */
  get radius() {
    if (!this.data) return NaN;
    const { acc = 0, spd = 0 } = this.data;
    if (this.state === 'live') return acc;
    return acc + (Math.max(spd, kSlowest) * this.ageMs) / 1000;
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
