/** The client library in the world, and what must hold of what it shows. */
import { Link } from './network.mjs';
import { kKeys } from './source.mjs';

const kStaleMs = 2500; // 2.5 heartbeats of 1 s
const kLagMs = 1500;
const kSlackMs = 10; // clocks drift, milliseconds are rounded

export class Client {
  #world;
  #name;
  #rt;
  #log;
  #feed;
  #rate;
  #origin;
  #skew;
  #count = 0;
  #last = null; // {e, o} of the last chat message
  #told = new Set(); // what was shown since the last reset, "e o"
  #highest = new Map(); // key -> q
  sent = [];

  constructor(world, library, name) {
    this.#world = world;
    this.#name = name;
    this.#rate = 1 + world.between(-400e-6, 400e-6);
    this.#origin = world.between(0, 1e6);
    this.#skew = world.random() < 0.5 ? world.between(-5000, 5000) : world.between(-1e9, 1e9);
    const env = this.#environment();
    this.#rt = new library.Realtime('sim', { env });
    this.#log = this.#rt.channel('chat:room');
    this.#feed = this.#rt.channel('feed:fx');
    this.#log.on('reset', () => {
      this.#last = null;
      this.#told.clear();
    });
    this.#log.on('gap', () => (this.#last = null));
    this.#log.on('message', (message) => this.#read(message));
    this.#feed.on('change', (quote) => this.#look(quote));
    this.#rt.connect();
    world.scheduler.every(200, () => kKeys.forEach((key) => this.#look(this.#feed.quote(key))));
    this.#talkLater();
    this.#actLater();
  }

  #environment() {
    const { scheduler, random } = this.#world;
    const now = () => this.#origin + scheduler.time * this.#rate;
    return {
      socket: () => new Link(this.#world),
      now,
      wall: () => 1_700_000_000_000 + this.#skew + now(),
      setTimeout: (f, ms) => scheduler.after(ms / this.#rate, f),
      clearTimeout: (event) => scheduler.cancel(event),
      random,
      online: () => true,
      visible: () => true,
    };
  }

  #fail(kind, details) {
    this.#world.fail(kind, { client: this.#name, at: Math.round(this.#world.scheduler.time), ...details });
  }

  // ---- chat

  #talkLater() {
    this.#world.scheduler.after(this.#world.between(...this.#world.talkEvery), () => {
      const text = `${this.#name} ${++this.#count}`;
      this.sent.push({ text, message: this.#log.send(text), at: this.#world.scheduler.time });
      this.#talkLater();
    });
  }

  #read({ o, d }) {
    const e = this.#log.epoch;
    const truth = this.#world.truth.logs.get(e)?.[o - 1];
    if (truth?.d.text !== d.text) this.#fail('WRONG', { e, o, d });
    if (this.#told.has(`${e} ${o}`)) this.#fail('TWICE', { e, o });
    this.#told.add(`${e} ${o}`);
    if (this.#last && this.#last.e === e && o !== this.#last.o + 1) this.#fail('LOST', { e, o, last: this.#last.o });
    this.#last = { e, o };
  }

  // ---- the feed

  #look(quote) {
    const { state, q, key } = quote;
    if (q) this.#forward(key, q, quote);
    if (state !== 'live') {
      if (quote.value !== undefined) this.#fail('VALUE-WITHOUT-LIFE', { key, state });
      return;
    }
    const { scheduler, truth } = this.#world;
    const newer = truth.newer(key, q);
    if (newer && scheduler.time - newer.at > kStaleMs + kLagMs + kSlackMs)
      this.#fail('STALE-AS-LIVE', { key, q, newer: newer.q, forMs: Math.round(scheduler.time - newer.at) });
    const unconfirmed = this.#world.server.now() - quote.vouchedAt;
    if (unconfirmed > quote.ttl + kSlackMs) this.#fail('AGED-AS-LIVE', { key, q, unconfirmed });
  }

  #forward(key, q, { data }) {
    const before = this.#highest.get(key);
    if (before && (q[0] < before[0] || (q[0] === before[0] && q[1] < before[1])))
      this.#fail('BACKWARDS', { key, q, before });
    this.#highest.set(key, q);
    const shown = this.#highest.get(`${key} shown`) ?? 0;
    const n = q[0] * 1e6 + data.n;
    if (n < shown) this.#fail('BACKWARDS', { key, q, shown });
    this.#highest.set(`${key} shown`, Math.max(n, shown));
  }

  #actLater() {
    this.#world.scheduler.after(this.#world.between(1000, 5000), async () => {
      this.#actLater();
      const { seen } = this.#feed.quote(kKeys[0]);
      try {
        await this.#feed.act(seen, { side: 'buy' });
        if (seen.state !== 'live') this.#fail('ACT-ON-STALE', { seen });
      } catch (error) {
        if (![0, 4090].includes(error.code)) this.#fail('ACT', { code: error.code, message: error.message });
      }
    });
  }

  // ---- after the calm

  end() {
    const { server, truth } = this.#world;
    if (this.#rt.state !== 'live') this.#fail('NOT-LIVE-AFTER-CALM', { state: this.#rt.state });
    for (const key of kKeys) {
      const { state, why, q } = this.#feed.quote(key);
      if (state !== 'live') this.#fail('NOT-LIVE-AFTER-CALM', { key, state, why });
      const newer = q && truth.newer(key, q);
      if (newer && this.#world.scheduler.time - newer.at > 1500) this.#fail('BEHIND-AFTER-CALM', { key, q, newer });
    }
    const said = truth.logs.get(server.log.e).filter((entry) => server.now() - entry.t > 1000);
    if (said.length && !(this.#last?.e === server.log.e && this.#last.o >= said.length))
      this.#fail('CHAT-INCOMPLETE', { last: this.#last, top: said.length });
    this.#judgeSent();
  }

  #judgeSent() {
    const { truth } = this.#world;
    const saidIn = [...truth.logs.values()].map((log) => log.map((entry) => entry.d.text));
    const prefix = `${this.#name} `;
    for (const log of saidIn) {
      const mine = log.filter((text) => text.startsWith(prefix)).map((text) => Number(text.slice(prefix.length)));
      for (let i = 1; i < mine.length; i++) {
        if (mine[i] === mine[i - 1]) this.#fail('SAID-TWICE', { n: mine[i] });
        if (mine[i] < mine[i - 1]) this.#fail('SAID-OUT-OF-ORDER', { n: mine[i], before: mine[i - 1] });
      }
    }
    for (const { text, message, at } of this.sent) {
      if (['unsent', 'sending'].includes(message.state) && this.#world.scheduler.time - at > 5000)
        this.#fail('NOT-SENT-AFTER-CALM', { text, state: message.state });
      const isThere = saidIn.some((log) => log.includes(text));
      if (message.state === 'sent' && !isThere) this.#fail('SENT-BUT-LOST', { text });
      if (message.state === 'refused' && message.error.code !== 4290 && message.error.code !== 5040)
        this.#fail('REFUSED', { text, code: message.error.code });
    }
  }
}
