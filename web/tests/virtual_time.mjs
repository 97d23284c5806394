/** Time that passes when a test says so, and a server end of a WebSocket to hold in the hand. */

export class VirtualTime {
  #now = 0;
  #timers = new Map();
  #next = 1;
  #slept = 0;

  now = () => this.#now;
  wall = () => 1_700_000_000_000 + this.#now + this.#slept;

  setTimeout = (f, ms) => {
    this.#timers.set(this.#next, { at: this.#now + Math.max(0, ms), f });
    return this.#next++;
  };

  clearTimeout = (id) => this.#timers.delete(id);

  /** The device sleeps: no timer runs and its monotonic clock stands still, the world's does not. */
  sleep(ms) {
    this.#slept += ms;
  }

  /** Runs what falls due within `ms`, each at its own time, and lets promises settle in between. */
  async pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const due = [...this.#timers].filter(([, t]) => t.at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = due[1].at;
      due[1].f();
    }
    this.#now = end;
    await settle();
  }
}

export async function settle() {
  for (let i = 0; i < 20; i++) await null;
}

export class FakeSocket {
  readyState = 0;
  sent = [];

  constructor(url) {
    this.url = url;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  // What the server does:

  accept() {
    this.readyState = 1;
    this.onopen({});
  }

  say(...messages) {
    for (const message of messages) this.onmessage({ data: JSON.stringify(message) });
  }

  end(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose({ code, reason });
  }

  /** Requests of one kind that were sent. */
  requests(op) {
    return this.sent.filter((m) => m.op === op);
  }
}
