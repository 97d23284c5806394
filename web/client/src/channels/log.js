import { Channel } from './channel.js';

/**
 * A log: chat. Every message is given once, in order.
 *
 *   "reset" ({recovered: false})   drop what you show: the log does not reach back to what you had; the newest follow
 *   "message" ({o, t, d})
 *   "gap" ({why})                  messages are missing here that will not come
 */
export class LogChannel extends Channel {
  #top = 0;
  #begun = false;
  #recovered = null;
  #rules = {};

  /** Whether the last sync went on from where we were; null before the first. */
  get recovered() {
    return this.#recovered;
  }

  /** What is in force besides bans: {slow, only}; a field is absent at its default. "rules" when it changed. */
  get rules() {
    return this.#rules;
  }

  /** A moderator's action (docs/protocol.md, mod): {do: "timeout", u, s}. Resolves when it holds; rejects with RealtimeError. */
  moderate(action) {
    return this.context.request({ op: 'mod', ch: this.name, id: this.context.newId(), ...action });
  }

  /**
   * Says something. Goes out at once or, when there is no connection, as soon as there is one; sent again under the same
   * id when the connection breaks, it becomes one message. Gives an Outgoing.
   */
  send(data) {
    return this.context.publish(typeof data === 'string' ? { text: data } : data);
  }

  subscription() {
    return this.offset === null ? { ch: this.name } : { ch: this.name, pos: { e: this.epoch, o: this.offset } };
  }

  get caughtUp() {
    return this.synced && this.#begun && this.offset >= this.#top;
  }

  sync({ e, o, recovered, rules = {} }) {
    const goesOn = recovered === true && e === this.epoch && this.offset !== null;
    this.epoch = e;
    this.#top = o;
    this.#recovered = goesOn;
    if (!goesOn) {
      // Until the first message is here there is no position to come back to, unless there is nothing at all.
      this.offset = o === 0 ? 0 : null;
      this.emit('reset', { recovered: false });
    }
    this.#begun = this.offset !== null;
    this.#setRules(rules);
    this.inSync();
  }

  frame(message) {
    const { o, sk = 0 } = message;
    if (this.epoch === null || !Number.isInteger(o)) return;
    if (this.#begun) {
      if (o <= this.offset) return;
      if (o !== this.offset + 1 + sk) return this.missed();
    }
    this.offset = o;
    this.#begun = true;
    if (sk > 0) this.emit('gap', { why: 'sampled', count: sk });
    this.#obey(message.d);
    this.emit('message', message);
  }

  gap({ o, why }) {
    if (this.offset !== null && o <= this.offset) return;
    this.offset = o;
    this.#begun = true;
    this.emit('gap', { why });
  }

  #obey(d) {
    if (d?.mod === 'slow') this.#setRules({ ...this.#rules, slow: d.s || undefined });
    if (d?.mod === 'only') this.#setRules({ ...this.#rules, only: d.who === 'all' ? undefined : d.who });
  }

  #setRules(rules) {
    if (rules.slow === this.#rules.slow && rules.only === this.#rules.only) return;
    this.#rules = rules;
    this.emit('rules', rules);
  }
}
