/**
 * What we said and have no answer for. Each message has an id of ours, so that it may be sent again after the
 * connection broke and is still one message.
 */

const kWithinMs = 30_000;
const kPending = 8;

/** A request that was refused. `code` is the protocol's; `retryMs` is there when the same may succeed later. */
export class RealtimeError extends Error {
  constructor(code, message, retry) {
    super(message);
    this.code = code;
    this.retryMs = retry ? retry[1] : 0;
  }
}

/** The code of a request whose connection went before its answer came. */
export const kConnectionLost = 0;

/** Outcomes that are not known: the same id is to be sent again. */
const kUnknown = new Set([5030, 5040]);

export class Publications {
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

  /** Resolves with the message's position; rejects with RealtimeError. */
  publish(channel, data) {
    if (this.#pending.size >= kPending)
      return Promise.reject(new RealtimeError(4290, 'too many at once', [1000, 1000]));
    return new Promise((resolve, reject) => {
      const id = `${this.#prefix}-${++this.#count}`;
      const expire = () => this.#settle(id, 'reject', new RealtimeError(5040, 'no answer', [0, 0]));
      const timer = this.#env.setTimeout(expire, kWithinMs);
      const publication = { id, channel, data, resolve, reject, timer, sentOn: 0 };
      this.#pending.set(id, publication);
      if (this.#connection) this.#send(publication);
    });
  }

  /**
   * A connection is open. In a resumed session what is pending is sent again at once. In a new one the server can't
   * know what was sent before: what may show in a log that is `followed` waits until the log has `caughtUp`.
   */
  connected(number, resumed, followed) {
    this.#connection = number;
    for (const publication of this.#pending.values()) {
      if (resumed || !followed(publication.channel)) this.#send(publication);
    }
  }

  disconnected() {
    this.#connection = 0;
  }

  /** A message came by: it may be ours. */
  seen(id, position) {
    this.#settle(id, 'resolve', position);
  }

  /** All that was said in the channel while we were away is here: what of ours is not among it was lost. */
  caughtUp(channel) {
    for (const publication of this.#pending.values()) {
      if (publication.channel === channel && publication.sentOn !== this.#connection) this.#send(publication);
    }
  }

  rejectAll(error) {
    for (const id of [...this.#pending.keys()]) this.#settle(id, 'reject', error);
  }

  async #send(publication) {
    const { id, channel, data } = publication;
    publication.sentOn = this.#connection;
    try {
      this.#settle(id, 'resolve', await this.#request({ op: 'pub', ch: channel, id, d: data }));
    } catch (error) {
      if (error.code === kConnectionLost) return; // sent again on the next connection
      if (!kUnknown.has(error.code)) return this.#settle(id, 'reject', error);
      const again = () => this.#pending.has(id) && this.#connection && this.#send(publication);
      this.#env.setTimeout(again, Math.max(250, error.retryMs * this.#env.random()));
    }
  }

  #settle(id, how, value) {
    const publication = this.#pending.get(id);
    if (!publication) return;
    this.#pending.delete(id);
    this.#env.clearTimeout(publication.timer);
    publication[how](value);
  }
}
