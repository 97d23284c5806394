/** Refusals, and what their codes mean to the client. The codes are the protocol's. */

/** A request that was refused. `retryMs` is above 0 when the same may succeed after that time. */
export class RealtimeError extends Error {
  /** `details`: what else the server said; a stale quote's `why` and newest `q`. */
  constructor(code, message, retry = null, { why, q } = {}) {
    super(message);
    this.name = 'RealtimeError';
    this.code = code;
    this.retry = retry;
    if (why !== undefined) this.why = why;
    if (q !== undefined) this.q = q;
  }

  get retryMs() {
    return this.retry ? this.retry[1] : 0;
  }
}

/** Given by the client itself: the connection went before the answer came. */
export const kConnectionLost = 0;
/** Given by the client itself: nothing came of it in time. */
export const kNoAnswer = 5040;
/** An act on a quote that is stale, superseded or unknown; said by the server, or by the client before it asks. */
export const kStaleQuote = 4090;
/** The bus was away or did not answer: it is not known what became of the request. The same id is to be sent again. */
export const kUnknownOutcome = new Set([5030, 5040]);
export const kTooMany = 4290;
/** Too many messages at once, and slow mode: the same may be said after a while. */
export const kTooFast = new Set([4290, 4293]);
export const kBadNick = 4220;
/** Answers to a hello that may be said again on the same connection: with another token; after a while. */
export const kBadToken = 4011;
export const kBusy = 5031;
