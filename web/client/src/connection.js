import { RealtimeError, kConnectionLost } from './errors.js';

/**
 * One WebSocket from its opening to its end, and the requests that wait on it for their answers. After `end`, and after
 * its close was told, nothing that the socket still does is heard: frames of an older connection have no way in.
 */
export class Connection {
  #socket;
  #requests = new Map();
  #nextRequest = 1;

  /** `heard`: opened(), message(object), closed(code, reason). */
  constructor(url, env, heard) {
    const socket = (this.#socket = env.socket(url));
    const current = (f) => (event) => this.#socket === socket && f(event);
    socket.onopen = current(() => heard.opened());
    socket.onmessage = current(({ data }) => {
      const message = parse(data);
      if (message) heard.message(message);
    });
    socket.onclose = current(({ code, reason }) => heard.closed(code, reason));
    socket.onerror = () => {}; // a close follows
  }

  send(message) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  /**
   * Resolves with the answer's `ok`; rejects with RealtimeError, code kConnectionLost when the connection ends before.
   * `taken(ok)` is called before the next message is read, which a promise does not promise: several messages may come in
   * one piece.
   */
  request(message, taken = () => {}) {
    const i = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#requests.set(i, { taken, resolve, reject });
      this.send({ i, ...message });
    });
  }

  /** Takes `{i, ok}` and `{i, err}`. */
  answered({ i, ok, err }) {
    const request = this.#requests.get(i);
    if (!request) return;
    this.#requests.delete(i);
    if (err) return request.reject(new RealtimeError(err.c, err.m, err.retry, err));
    request.taken(ok);
    request.resolve(ok);
  }

  end() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState < 2) socket.close(1000);
    const waiting = [...this.#requests.values()];
    this.#requests.clear();
    for (const { reject } of waiting) reject(new RealtimeError(kConnectionLost, 'The connection was lost.', [0, 0]));
  }
}

function parse(text) {
  try {
    const message = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : null;
  } catch {
    return null;
  }
}

/** "retry=0-4000", the reason of a close frame -> [0, 4000]; null when it is none. */
export function parseWindow(reason) {
  const match = /^retry=(\d+)-(\d+)$/.exec(reason ?? '');
  return match && [Number(match[1]), Number(match[2])];
}
