import { Channel } from './channel.js';

const kTopGraceMs = 1000;

/**
 * Keyed records of which only the newest of each counts: feeds and tracks. A snapshot comes first; nothing is live
 * before its end. What comes is placed by offset, and each record by its source's own position: a watermark that only
 * rises, and that outlives snapshots, epochs and connections.
 */
export class KeyedChannel extends Channel {
  #records = new Map();
  #Record;
  #heartbeat = null;
  #placed = false; // the snapshot is whole, and what comes is placed after it
  #begun = 0; // how often the server had been heard when the snapshot began
  #top = null; // {offset, by}: where a heartbeat said that the end is, and until when that may take to come
  #shown = new Map(); // key -> the state that was last told

  constructor(name, context, Record) {
    super(name, context);
    this.#Record = Record;
  }

  /** ms between heartbeats that the server sends for this channel's sake; null when none. */
  get heartbeat() {
    return this.#heartbeat;
  }

  keys() {
    return [...this.#records.keys()];
  }

  /** The record of a key, also of one that nothing is known of. The same object for the same key. */
  record(key) {
    let record = this.#records.get(key);
    if (!record) {
      record = new this.#Record(key, this);
      this.#records.set(key, record);
    }
    return record;
  }

  subscription() {
    return this.offset === null ? { ch: this.name } : { ch: this.name, pos: { e: this.epoch, o: this.offset } };
  }

  /** Begins a snapshot, when it says how many keys there are; ends one otherwise. */
  sync({ e, o, n, hb, recovered }) {
    const { life } = this.context;
    if (n !== undefined) {
      this.#heartbeat = hb ?? null;
      this.#placed = false;
      this.#begun = life.count;
      this.outOfSync();
      // A key that the snapshot lacks is kept, with its watermark; only nobody vouches for it.
      if (!recovered || e !== this.epoch) for (const record of this.#records.values()) record.disown();
      return;
    }
    this.epoch = e;
    this.offset = o;
    this.#top = null;
    this.#placed = true;
    // A snapshot that was long under way is old when it ends, though the connection is fresh: the next heartbeat tells.
    if (life.count === this.#begun) this.inSync();
  }

  frame({ o, p, s, v, r = [] }) {
    if (s) {
      for (const record of r) this.#take(record);
      return;
    }
    // One that stays where it is brings a part of what follows; others that do not go on were here before.
    if (!this.#placed || o < this.offset || (o === this.offset && p !== o)) return;
    if (p !== this.offset) return this.missed();
    this.offset = o;
    if (v !== undefined) for (const record of this.#records.values()) record.vouched(v);
    for (const record of r) this.#take(record);
  }

  top(epoch, offset) {
    if (!this.#placed) return;
    if (epoch !== this.epoch) return this.missed();
    if (offset > this.offset) {
      this.#top ??= { offset, by: this.context.env.now() + (this.#heartbeat ?? kTopGraceMs) };
    } else {
      this.#top = null;
      this.inSync();
    }
  }

  lost() {
    this.#heartbeat = null;
    this.#placed = false;
    this.#top = null;
    super.lost();
  }

  missed() {
    this.#placed = false;
    this.#top = null;
    this.outOfSync();
    this.context.resubscribe();
  }

  evaluate() {
    if (this.#top && this.offset >= this.#top.offset) this.#top = null;
    if (this.#top && this.context.env.now() >= this.#top.by) this.missed();
    super.evaluate();
    for (const [key, record] of this.#records) {
      const { state } = record;
      if (state !== (this.#shown.get(key) ?? 'none')) this.#tell(record, state);
    }
  }

  #take(said) {
    if (typeof said?.k !== 'string') return;
    const record = this.record(said.k);
    if (record.take(said, this.context.env.now())) this.#tell(record, record.state);
  }

  #tell(record, state) {
    this.#shown.set(record.key, state);
    this.emit('change', record);
  }
}

/** What came of one key. `live` is told by the subclass's `state`; this holds what all of it rests on. */
export class Record {
  #key;
  #channel;
  #owned = false; // the last snapshot, or something after it, spoke of it
  #since = NaN; // when it came into being, by our clock, at the latest

  q = null; // [source epoch, source sequence]: what an act names
  data;
  time = NaN; // of origin, by the server's clock
  vouchedAt = NaN;
  ttl = 0;
  mark = null;

  constructor(key, channel) {
    this.#key = key;
    this.#channel = channel;
  }

  get key() {
    return this.#key;
  }

  get channel() {
    return this.#channel;
  }

  /** How long ago it came into being, ms, at the least believable; NaN while nothing came. */
  get ageMs() {
    const { env, clock } = this.#channel.context;
    const now = env.now();
    const told = clock.likely(now) - this.time;
    return Math.max(0, Number.isNaN(told) ? 0 : told, now - this.#since);
  }

  /** Why nobody vouches for it, whatever its age; null when somebody does. */
  get doubt() {
    const { state } = this.#channel;
    if (state === 'stale') return this.#channel.context.life.open ? 'unheard' : 'offline';
    if (state !== 'live') return 'resyncing';
    return this.#owned ? this.mark : 'unknown';
  }

  /** The most that can have passed since the server's `time`. */
  elapsed(time) {
    const { env, clock } = this.#channel.context;
    return clock.latest(env.now()) - time;
  }

  disown() {
    this.#owned = false;
  }

  vouched(time) {
    if (this.mark === null && time > this.vouchedAt) this.vouchedAt = time;
  }

  /** Takes what the server said of it. Gives whether something changed. */
  take({ q, t, v, age, ttl, x, d }, now) {
    if (q && this.q && isBefore(q, this.q)) {
      this.disown(); // the server has forgotten what it said: it can't vouch for the present
      return true;
    }
    const isNewer = q && (!this.q || isBefore(this.q, q));
    if (isNewer) {
      this.q = q;
      this.vouchedAt = NaN;
    }
    if (d !== undefined) this.data = d;
    if (t !== undefined) this.time = t;
    if (ttl !== undefined) this.ttl = ttl;
    if (isNewer || t !== undefined) this.#since = now - (age ?? 0);
    const vouched = v ?? t;
    if (vouched !== undefined && !(this.vouchedAt > vouched)) this.vouchedAt = vouched;
    this.mark = x ?? null;
    this.#owned = this.q !== null;
    return true;
  }
}

function isBefore([epoch, sequence], [otherEpoch, otherSequence]) {
  return epoch < otherEpoch || (epoch === otherEpoch && sequence < otherSequence);
}
