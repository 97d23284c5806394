import { RealtimeError, kStaleQuote } from '../errors.js';
import { KeyedChannel, Record } from './keyed.js';

/**
 * One key of a feed, as it is at the moment it is read: a quote that is kept goes stale by itself.
 *
 *   state "live"   `value` is what the source says now
 *   state "stale"  there is no `value`, only `last`; `why` says why
 *   state "none"   neither: nothing was ever heard of it
 */
export class Quote extends Record {
  get state() {
    if (this.q === null) return 'none';
    return this.why === null ? 'live' : 'stale';
  }

  /**
   * Why it is not live; null when it is.
   *   offline, unheard, resyncing   our connection: none, silent, being brought up to date
   *   silent, gone, resync, closed, bus   as the server says (docs/protocol.md)
   *   old       it is past its `ttl`
   *   unknown   the server does not know it (any more)
   */
  get why() {
    return this.doubt ?? (this.elapsed(this.vouchedAt) <= this.ttl ? null : 'old');
  }

  get value() {
    return this.state === 'live' ? this.data : undefined;
  }

  get last() {
    return this.state === 'stale' ? this.data : undefined;
  }

  /** What there is to see now, to keep: {key, q, state, ageMs, value or last, why}. This is what `act` wants. */
  get seen() {
    const { key, q, state, ageMs, why, data } = this;
    if (state === 'live') return Object.freeze({ key, q, state, ageMs, value: data });
    return Object.freeze(state === 'stale' ? { key, q, state, ageMs, last: data, why } : { key, q: null, state });
  }
}

/** A feed: the newest quote of each key. "change" (quote) when its value or its state did. */
export class FeedChannel extends KeyedChannel {
  constructor(name, context) {
    super(name, context, Quote);
  }

  quote(key) {
    return this.record(key);
  }

  /**
   * Acts on what a person saw: `seen` is `quote.seen` as it was drawn. Resolves with what the server accepted; rejects with
   * RealtimeError 4090 and its `why` when that quote is stale, superseded or unknown, without asking when this is clear
   * here. When the connection breaks (code 0) it is not known what became of it; the same `id` asks again.
   */
  async act(seen, data, { id = this.context.newId() } = {}) {
    const { state, why, q } = this.quote(seen.key);
    const refuse = (reason) => {
      throw new RealtimeError(kStaleQuote, 'stale quote', null, { why: reason, q });
    };
    if (seen.state !== 'live') refuse('stale');
    if (state !== 'live') refuse(why === 'unknown' || state === 'none' ? 'unknown' : 'stale');
    return this.context.request({ op: 'act', ch: this.name, id, k: seen.key, q: seen.q, d: data });
  }
}
