import { Emitter } from '../emitter.js';

/**
 * What all kinds of channels have in common: the position, whether what is held was brought up to date on the
 * connection that we have, and asking for that again when something was missed. Tells by "state" when `state` changed.
 */
export class Channel extends Emitter {
  #name;
  #context;
  #synced = false;
  #left = false;
  #told = 'subscribing';

  /** Where we are: epoch of the log, and the offset of the last frame that was taken. */
  epoch = null;
  offset = null;
  /** RealtimeError when the server does not let us in here; null otherwise. */
  denied = null;

  constructor(name, context) {
    super();
    this.#name = name;
    this.#context = context;
  }

  get name() {
    return this.#name;
  }

  /**
   *   subscribing  nothing was ever had from it
   *   live         up to date, and the server is freshly heard
   *   stale        what is held may be old: the server is silent, or there is no connection
   *   resyncing    the server is heard, and is asked for what was missed
   *   denied       see `denied`
   *   off          `leave` was called
   */
  get state() {
    const { life, env } = this.#context;
    if (this.#left) return 'off';
    if (this.denied) return 'denied';
    if (this.#synced) return life.fresh(env.now()) ? 'live' : 'stale';
    if (this.epoch === null) return 'subscribing';
    return life.open ? 'resyncing' : 'stale';
  }

  get live() {
    return this.state === 'live';
  }

  leave() {
    this.#left = true;
    this.#context.leave();
    this.evaluate();
  }

  // ---- for Realtime

  get context() {
    return this.#context;
  }

  /** Whether the server brought it up to date on this connection. */
  get synced() {
    return this.#synced;
  }

  /** All that the last sync promised has come. */
  get caughtUp() {
    return this.#synced;
  }

  /** What to ask for on a new connection. */
  subscription() {
    return { ch: this.#name };
  }

  /** The connection is gone; what is held waits for the next one. */
  lost() {
    this.#synced = false;
    this.evaluate();
  }

  deny(error) {
    this.denied = error;
    this.#synced = false;
    this.evaluate();
  }

  /** Tells what changed by the mere passing of time. */
  evaluate() {
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    this.emit('state', state);
  }

  gap() {}

  /** A heartbeat says where the channel's end is. */
  top() {}

  // ---- for the kinds

  /** The server has brought the channel up to date. */
  inSync() {
    this.denied = null;
    this.#synced = true;
    this.evaluate();
  }

  /** What is held is being replaced: nothing is vouched for until that is done. */
  outOfSync() {
    this.#synced = false;
    this.evaluate();
  }

  /** Something is missing between what is held and what has come: nothing is vouched for until it is here. */
  missed() {
    if (!this.#synced) return;
    this.outOfSync();
    this.#context.resubscribe();
  }
}
