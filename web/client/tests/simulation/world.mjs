/** One run: a server, a source and clients on a bad network, a while of calm, and what did not hold. */
import { Client } from './client.mjs';
import { Scheduler, seeded } from './scheduler.mjs';
import { ModelServer } from './server.mjs';
import { Source } from './source.mjs';

const kStormMs = 20_000;
const kCalmMs = 35_000;
const kClients = 2;

/** What really happened, on the one clock of the simulation. */
export class Truth {
  logs = new Map(); // epoch -> entries
  #accepted = new Map(); // key -> [{q, at}], in order

  accepted(key, q, at) {
    if (!this.#accepted.has(key)) this.#accepted.set(key, []);
    const list = this.#accepted.get(key);
    // A restarted server may take an old record for new; what was accepted first is what counts.
    if (list.length === 0 || isBefore(list.at(-1).q, q)) list.push({ q, at });
  }

  /** The first record of the key that came after `q`; undefined when `q` is the newest. */
  newer(key, q) {
    const list = this.#accepted.get(key) ?? [];
    for (let i = list.length - 1; i >= 0; i--) if (!isBefore(q, list[i].q)) return list[i + 1];
    return list[0];
  }
}

function isBefore([epoch, sequence], [otherEpoch, otherSequence]) {
  return epoch < otherEpoch || (epoch === otherEpoch && sequence < otherSequence);
}

export class World {
  scheduler = new Scheduler();
  truth = new Truth();
  links = new Set();
  failures = [];
  lossRate = 0.02; // between a channel and one of its connections
  doubleRate = 0.1; // of what a source says
  slowRate = 0.25; // of the snapshots: their server waits for its bus
  tickEvery = [100, 1000];
  talkEvery = [300, 4000];
  #slow;

  constructor(seed, library, rules) {
    this.random = seeded(seed);
    this.rules = { sourceGate: true, ...rules };
    this.#slow = this.random() < 0.3 ? this.between(50, 300) : 5;
    this.server = new ModelServer(this);
    this.source = new Source(this);
    this.clients = Array.from({ length: kClients }, (_, i) => new Client(this, library, `c${i}`));
  }

  between(from, to) {
    return from + this.random() * (to - from);
  }

  /** One way through the network, ms. */
  latency() {
    return this.between(1, this.#slow * 2);
  }

  fail(kind, details) {
    if (this.failures.length < 10) this.failures.push({ kind, ...details });
  }

  async run() {
    this.#troubleLater();
    await this.scheduler.run(kStormMs);
    this.#calm = true;
    this.lossRate = 0;
    this.doubleRate = 0;
    this.slowRate = 0;
    this.tickEvery = [400, 800];
    this.talkEvery = [3000, 6000];
    this.server.start();
    await this.scheduler.run(kStormMs + kCalmMs);
    for (const client of this.clients) client.end();
    return this.failures;
  }

  #calm = false;

  #troubleLater() {
    this.scheduler.after(this.between(300, 4000), () => {
      if (this.#calm) return;
      this.#trouble();
      this.#troubleLater();
    });
  }

  #trouble() {
    const links = [...this.links];
    const link = links[Math.floor(this.random() * links.length)];
    const kinds = [
      () => link?.reset(),
      () => link?.halfOpen(),
      () => link?.stall(this.between(500, 9000)),
      () => link?.stallDown(this.between(500, 9000)),
      () => link?.lagDown(this.between(2000, 8000), this.between(5000, 15_000)),
      () => this.source.reconnect(),
      () => this.source.restart(),
      () => this.#crash(),
    ];
    kinds[Math.floor(this.random() * kinds.length)]();
  }

  #crash() {
    if (!this.server.up) return;
    this.server.crash();
    this.scheduler.after(this.between(50, 4000), () => this.server.start());
  }
}
