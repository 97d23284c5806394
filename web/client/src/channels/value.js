import { Channel } from './channel.js';

/** One value, only ever a newer one: a viewer count, a stream's status. "change" ({reading}) when it or its state did. */
export class ValueChannel extends Channel {
  #held; // undefined: nothing came yet
  #partial = false;

  /**
   * What is held, with its state: {state: "live", value, partial}, {state: "stale", last, partial}, {state: "none"}.
   * What is not live has no `value`.
   */
  get reading() {
    if (this.#held === undefined) return { state: 'none' };
    return this.live
      ? { state: 'live', value: this.#held, partial: this.#partial }
      : { state: 'stale', last: this.#held, partial: this.#partial };
  }

  sync({ e, o, d, partial }) {
    this.epoch = e;
    this.offset = o;
    this.inSync();
    if (d !== undefined) this.#take(d, partial);
  }

  frame({ o, d, partial }) {
    if (this.epoch === null || o <= this.offset) return;
    this.offset = o;
    this.#take(d, partial);
  }

  evaluate() {
    const before = this.#told;
    super.evaluate();
    if (before !== (this.#told = this.live)) this.emit('change', this.reading);
  }

  #told = false;

  #take(d, partial) {
    this.#held = d;
    this.#partial = partial === true;
    this.emit('change', this.reading);
  }
}
