/** A price source: says keyed records with a sequence of its own, over a path that delays, reorders and doubles them. */

/** How often each changes, in units of the world's `tickEvery`: a lost change of a quiet one is not hidden by the next. */
const kPaces = { EURUSD: 1, XAUUSD: 2, BTCUSD: 15 };
export const kKeys = Object.keys(kPaces);
/** How long each may go unconfirmed: with the longer ones only the connection's own silence tells of a loss. */
const kTtls = { EURUSD: 3000, XAUUSD: 20_000, BTCUSD: 60_000 };
const kAliveMs = 1000;

export class Source {
  #world;
  #epoch = 0;
  #sequence = 0;
  #values = new Map();
  #before = new Map();
  #session = null;

  constructor(world) {
    this.#world = world;
    this.restart();
    world.scheduler.every(kAliveMs, () => this.#path(() => this.#session && world.server.alive(this.#session)));
    for (const key of kKeys) this.#tickLater(key);
  }

  /** It starts anew: another epoch, and its sequence from the beginning. */
  restart() {
    this.disconnect();
    this.#epoch = this.#world.server.now();
    this.#sequence = 0;
    this.#before.clear();
    this.#values = new Map(kKeys.map((key) => [key, this.#record(key)]));
    this.#connectLater();
  }

  /** Its connection breaks; the server may learn of it late, and it comes back. */
  disconnect() {
    const session = this.#session;
    this.#session = null;
    if (session) this.#world.scheduler.after(this.#world.between(0, 6000), () => this.#world.server.sourceGone(session));
  }

  reconnect() {
    this.disconnect();
    this.#connectLater();
  }

  #record(key) {
    return { k: key, s: ++this.#sequence, t: this.#world.server.now(), ttl: kTtls[key], d: { n: this.#sequence } };
  }

  #connectLater() {
    this.#world.scheduler.after(this.#world.between(100, 1500), () => {
      if (this.#session) return;
      if (!this.#world.server.up) return this.#connectLater();
      const session = (this.#session = this.#world.server.beginSource(this.#epoch));
      // It says its newest records in its time, and some sources those before too.
      for (const record of this.#before.values()) if (this.#world.random() < 0.5) this.#deliver(session, record);
      const sayAll = this.#world.between(0, 2500);
      // Where it has come anew since, it speaks in another session.
      const meanwhile = (ms, f) => this.#world.scheduler.after(ms, () => session === this.#session && f());
      meanwhile(sayAll, () => this.#values.forEach((record) => this.#send(session, record)));
      // What was said before has arrived when this does: a source says it on the same ordered connection.
      meanwhile(sayAll + kMaxPath, () => this.#world.server.synced(session));
    });
  }

  #tickLater(key) {
    this.#world.scheduler.after(kPaces[key] * this.#world.between(...this.#world.tickEvery), () => {
      const record = this.#record(key);
      this.#before.set(key, this.#values.get(key));
      this.#values.set(key, record);
      if (this.#session) this.#send(this.#session, record);
      this.#tickLater(key);
    });
  }

  #send(session, record) {
    // A server that is gone takes nothing; the source finds out and connects anew.
    this.#path(() => this.#deliver(session, record));
    if (this.#world.random() < this.#world.doubleRate)
      this.#world.scheduler.after(this.#world.between(0, 5000), () => this.#deliver(session, record));
  }

  #deliver(session, record) {
    this.#world.server.take(session, record);
    if (session === this.#session && this.#world.server.source !== session) this.reconnect();
  }

  /** Each message on its own: they overtake one another. */
  #path(f) {
    this.#world.scheduler.after(this.#world.between(1, kMaxPath), f);
  }
}

const kMaxPath = 80;
