/**
 * What we said and have no answer for. Each message has an id of ours, so that it may be sent again after the
 * connection broke and is still one message. Of one channel one message is on its way at a time: what we say keeps its
 * order, whatever becomes of the connection.
 */
import { within } from './backoff.js';
import { Emitter } from './emitter.js';
import { RealtimeError, kConnectionLost, kNoAnswer, kTooFast, kTooMany, kUnknownOutcome } from './errors.js';

const kWithinMs = 60_000;
const kPending = 32;
const kAskAgainMs = 250;

/** One message on its way. Tells by "state" when that changed. */
export class Outgoing extends Emitter {
  #state = 'unsent';

  constructor(id, channel, data) {
    super();
    this.id = id;
    this.channel = channel;
    this.data = data;
    this.position = null; // {e, o} once it is in the log
    this.error = null;
    this.done = new Promise((resolve, reject) => {
      this.settle = (how, value) => {
        if (how === 'sent') [this.position] = [value, resolve(value)];
        else [this.error] = [value, reject(value)];
        this.enter(how);
      };
    });
    this.done.catch(() => {}); // whoever asks for the outcome is told; nobody has to
  }

  /** unsent: waits here; sending: went, and is not answered; sent: in the log; refused: it will not be, see `error`. */
  get state() {
    return this.#state;
  }

  enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('state', this);
  }
}

export class Outbox {
  #env;
  #request;
  #pending = new Map();
  #prefix;
  #count = 0;
  #connection = 0; // counts connections; 0: there is none

  /** `request(message)` sends on the connection that is open, and gives a promise of the answer. */
  constructor(env, request) {
    this.#env = env;
    this.#request = request;
    this.#prefix = Math.floor(env.random() * 2 ** 40).toString(36);
  }

  /** An id that nobody else gives. */
  newId() {
    return `${this.#prefix}-${++this.#count}`;
  }

  publish(channel, data) {
    const message = new Outgoing(this.newId(), channel, data);
    // What had to wait for a connection goes out with others at once; it is not refused for that.
    const item = { message, sentOn: 0, waits: false, patient: !this.#connection };
    if (this.#pending.size >= kPending) {
      message.settle('refused', new RealtimeError(kTooMany, 'too many at once', [1000, 1000]));
      return message;
    }
    const late = () => this.#settle(message.id, 'refused', new RealtimeError(kNoAnswer, 'no answer', [0, 0]));
    item.timer = this.#env.setTimeout(late, kWithinMs);
    this.#pending.set(message.id, item);
    this.#sendNext(channel);
    return message;
  }

  /**
   * A connection is open. In a resumed session what is pending is sent again at once. In a new one the server can't
   * know what was sent before: what may show in a log that is `followed` waits until the log has `caughtUp`.
   */
  connected(number, resumed, followed) {
    this.#connection = number;
    for (const item of this.#pending.values()) item.waits = !resumed && item.sentOn !== 0 && followed(item.message.channel);
    for (const channel of this.#channels()) this.#sendNext(channel);
  }

  disconnected() {
    this.#connection = 0;
    for (const item of this.#pending.values()) {
      item.patient = true;
      item.message.enter('unsent');
    }
  }

  /** A message came by: it may be ours. */
  seen(id, position) {
    this.#settle(id, 'sent', position);
  }

  /** All that was said in the channel while we were away is here: what of ours is not among it was lost. */
  caughtUp(channel) {
    if (this.#pending.size === 0) return;
    for (const item of this.#pending.values()) if (item.message.channel === channel) item.waits = false;
    this.#sendNext(channel);
  }

  rejectAll(error) {
    for (const id of [...this.#pending.keys()]) this.#settle(id, 'refused', error);
  }

  #channels() {
    return new Set([...this.#pending.values()].map(({ message }) => message.channel));
  }

  #sendNext(channel) {
    if (!this.#connection) return;
    for (const item of this.#pending.values()) {
      if (item.message.channel !== channel) continue;
      if (item.sentOn !== this.#connection && !item.waits) this.#send(item);
      return;
    }
  }

  async #send(item) {
    const { message } = item;
    const connection = (item.sentOn = this.#connection);
    message.enter('sending');
    try {
      const ok = await this.#request({ op: 'pub', ch: message.channel, id: message.id, d: message.data });
      this.#settle(message.id, 'sent', { e: ok.e, o: ok.o });
    } catch (error) {
      if (error.code === kConnectionLost || connection !== this.#connection) return; // goes again on the next one
      const goesAgain = kUnknownOutcome.has(error.code) || (item.patient && error.retry && kTooFast.has(error.code));
      if (!goesAgain) return this.#settle(message.id, 'refused', error);
      const again = () => {
        if (this.#pending.has(message.id) && this.#connection === connection) this.#send(item);
      };
      this.#env.setTimeout(again, Math.max(kAskAgainMs, within(error.retry ?? [0, 0], this.#env.random)));
    }
  }

  #settle(id, how, value) {
    const item = this.#pending.get(id);
    if (!item) return;
    this.#pending.delete(id);
    this.#env.clearTimeout(item.timer);
    item.message.settle(how, value);
    this.#sendNext(item.message.channel);
  }
}
