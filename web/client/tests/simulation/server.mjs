/** A server that keeps the protocol (docs/protocol.md), in memory, and forgets everything when it crashes. */

const kChat = 'chat:room';
const kFeed = 'feed:fx';
const kRing = 60;
const kHeartbeat = 1000;

export class ModelServer {
  up = true;
  #world;
  #generation = 0;

  constructor(world) {
    this.#world = world;
    this.#forget();
    world.scheduler.every(250, () => this.#markSilent());
  }

  /** Unix time, whole ms. */
  now() {
    return Math.floor(1_700_000_000_000 + this.#world.scheduler.time);
  }

  crash() {
    this.up = false;
    for (const connection of this.connections) connection.die();
    this.#generation += 1;
    this.#forget();
  }

  start() {
    this.up = true;
  }

  #forget() {
    const id = () => Math.floor(this.#world.random() * 2 ** 32).toString(36);
    this.connections = new Set();
    this.sessions = new Map();
    this.log = { e: id(), entries: [], ids: new Map() };
    this.feed = { e: id(), o: 0, records: new Map() };
    this.source = null;
    this.#world.truth.logs.set(this.log.e, this.log.entries);
  }

  accept(link) {
    const connection = new ModelConnection(this, link, this.#world);
    this.connections.add(connection);
    return connection;
  }

  // ---- chat

  say(u, id, d) {
    const { log } = this;
    const known = log.ids.get(`${u} ${id}`);
    if (known !== undefined) return { ch: kChat, e: log.e, o: known, dup: true };
    const o = log.entries.length + 1;
    log.ids.set(`${u} ${id}`, o);
    log.entries.push({ ch: kChat, o, t: this.now(), d: { u, id, ...d } });
    for (const connection of this.connections) connection.pushLog(log.entries[o - 1]);
    return { ch: kChat, e: log.e, o };
  }

  // ---- the feed's source

  beginSource(epoch) {
    this.source = { epoch, synced: false, generation: this.#generation, confirmed: new Set() };
    this.#markAll('resync');
    return this.source;
  }

  /** A record from a source: dropped when its session is not the present one, or it is old. */
  take(session, { k, s, t, ttl, d }) {
    if (!this.up) return;
    if (this.#world.rules.sourceGate && (session !== this.source || session.generation !== this.#generation)) return;
    const { records } = this.feed;
    const q = [session.epoch, s];
    const known = records.get(k);
    const order = known ? q[0] - known.q[0] || q[1] - known.q[1] : 1;
    if (order < 0 || (order === 0 && session.confirmed.has(k))) return;
    const now = this.now();
    session.confirmed.add(k);
    const record = order === 0 ? { ...known, v: now } : { k, q, t: Math.min(t, now), v: Math.min(t, now), ttl, d };
    record.x = session.synced || !this.#world.rules.sourceGate ? null : 'resync';
    if (order > 0) this.#world.truth.accepted(k, q, this.#world.scheduler.time);
    this.#push({ r: [this.#put(record)] });
  }

  synced(session) {
    if (!this.up || session !== this.source) return;
    session.synced = true;
    const marked = [...this.feed.records.values()].filter((r) => r.x === 'resync' && session.confirmed.has(r.k));
    for (const record of marked) {
      record.x = null;
      record.v = this.now();
      this.#push({ r: [this.#put(record)] });
    }
  }

  alive(session) {
    if (!this.up || session !== this.source || !session.synced) return;
    const v = this.now();
    for (const record of this.feed.records.values()) if (!record.x) record.v = v;
    this.#push({ v, r: [] });
  }

  sourceGone(session) {
    if (session !== this.source) return;
    this.source = null;
    this.#markAll('gone');
  }

  #markAll(x) {
    for (const record of this.feed.records.values()) if (record.x !== x) this.#mark(record, x);
  }

  #markSilent() {
    if (!this.up) return;
    for (const record of this.feed.records.values())
      if (!record.x && this.now() - record.v > record.ttl) this.#mark(record, 'silent');
  }

  #mark(record, x) {
    record.x = x;
    this.#put(record);
    this.#push({ r: [{ k: record.k, x }] });
  }

  #put(record) {
    this.feed.o += 1;
    record.o = this.feed.o;
    this.feed.records.set(record.k, record);
    return this.shown(record);
  }

  shown({ k, q, t, v, ttl, x, d }) {
    const record = { k, q, t, v, ttl, d };
    if (x) record.x = x;
    return record;
  }

  #push(frame) {
    if (frame.v !== undefined) this.feed.o += 1;
    for (const connection of this.connections) connection.pushFeed(this.feed.o, frame);
  }
}

class ModelConnection {
  #server;
  #link;
  #world;
  #session = null;
  #chat = false;
  #feed = false;
  #fed = 0;
  #dead = false;
  #busy = 0;

  constructor(server, link, world) {
    this.#server = server;
    this.#link = link;
    this.#world = world;
    this.#busy = world.random() < 0.15 ? 1 : 0;
  }

  send(message) {
    if (!this.#dead) this.#link.down.send(JSON.stringify(message));
  }

  die() {
    this.#dead = true;
    if (this.#world.random() < 0.3) this.#link.halfOpen();
    else this.#link.reset();
  }

  gone() {
    this.#dead = true;
    this.#server.connections.delete(this);
  }

  message(message) {
    if (this.#dead || !this.#server.up) return;
    const { i, op } = message;
    if (op === 'hello') this.#hello(message);
    else if (op === undefined && 'p' in message) this.send({ p: message.p, t: this.#server.now() });
    else if (op === 'sub') this.#subscribe(message.ch, message.pos, (sync) => this.send({ i, ok: sync }));
    else if (op === 'pub') this.#publish(i, message);
    else if (op === 'act') this.#act(i, message);
    else if (op === 'me') this.send({ i, ok: { nick: message.nick } });
  }

  #hello({ resume, subs }) {
    if (this.#busy-- > 0) return this.send({ err: { c: 5031, m: 'busy', retry: [200, 1500] } });
    const known = this.#server.sessions.get(resume);
    const token = resume && known ? resume : `r${this.#world.random()}`;
    this.#session = known ?? { u: `u${this.#world.random()}` };
    this.#server.sessions.set(token, this.#session);
    const sid = this.#session.u;
    this.send({ hello: { v: 1, sid, u: sid, role: 'guest', resumed: !!known, now: this.#server.now(), hb: kHeartbeat, win: 500, resume: token } });
    for (const { ch, pos } of subs) this.#subscribe(ch, pos, (sync) => this.send({ sync }));
    this.#beat();
  }

  #beat() {
    this.#world.scheduler.after(kHeartbeat, () => {
      if (this.#dead) return;
      const hb = { t: this.#server.now(), win: 500 };
      if (this.#feed) hb.top = { [kFeed]: [this.#server.feed.e, this.#server.feed.o] };
      this.send({ hb });
      this.#beat();
    });
  }

  #subscribe(ch, pos, answer) {
    if (ch === kChat) this.#later(() => this.#subscribeChat(pos, answer));
    else if (ch === kFeed) this.#later(() => this.#subscribeFeed(pos, answer));
    else answer({ ch, e: 'none', o: 0, ...(ch.startsWith('presence:') ? { n: 0, m: [] } : {}) });
  }

  /** At once, or when the bus has answered. */
  #later(f) {
    if (this.#world.random() >= this.#world.slowRate) return f();
    this.#world.scheduler.after(this.#world.between(0, 7000), () => this.#dead || f());
  }

  #subscribeChat(pos, answer) {
    const { e, entries } = this.#server.log;
    const top = entries.length;
    const recovered = pos?.e === e && pos.o >= top - kRing && pos.o <= top;
    answer({ ch: kChat, e, o: top, recovered });
    for (const entry of entries.slice(recovered ? pos.o : Math.max(0, top - kRing / 2))) this.send(entry);
    this.#chat = true;
  }

  #subscribeFeed(pos, answer) {
    const { e, o, records } = this.#server.feed;
    const recovered = pos?.e === e && pos.o <= o;
    this.#feed = false;
    answer({ ch: kFeed, e, o, recovered, n: records.size, hb: kHeartbeat });
    const wanted = [...records.values()].filter((record) => !recovered || record.o > pos.o);
    this.#snapshot(o, wanted.map((record) => ({ ...this.#server.shown(record), age: this.#server.now() - record.t })));
    this.#later(() => {
      this.send({ sync: { ch: kFeed, e, o, recovered } });
      this.#feed = true;
      this.#fed = o;
      const since = [...records.values()].filter((record) => record.o > o);
      if (this.#server.feed.o > o) this.pushFeed(this.#server.feed.o, { r: since.map((r) => this.#server.shown(r)) });
    });
  }

  /** In two pieces. */
  #snapshot(o, r) {
    for (const piece of [r.slice(0, 1), r.slice(1)]) if (piece.length) this.send({ ch: kFeed, o, s: 1, r: piece });
  }

  #publish(i, { id, d }) {
    if (this.#world.random() < 0.03) return this.send({ i, err: { c: 5030, m: 'bus', retry: [100, 500] } });
    const ok = this.#server.say(this.#session.u, id, d);
    if (this.#world.random() < 0.03) return this.send({ i, err: { c: 5040, m: 'not known', retry: [100, 500] } });
    this.send({ i, ok });
  }

  #act(i, { k, q }) {
    const record = this.#server.feed.records.get(k);
    const why = !record ? 'unknown' : record.x ? 'stale' : String(record.q) === String(q) ? null : 'superseded';
    if (why) return this.send({ i, err: { c: 4090, m: 'stale quote', why } });
    this.send({ i, ok: { ch: kFeed, k, q, t: this.#server.now() } });
  }

  pushLog(entry) {
    if (!this.#chat || this.#loses()) return;
    this.send(entry);
    if (this.#loses()) this.send(entry);
  }

  pushFeed(o, frame) {
    if (!this.#feed) return;
    const p = this.#fed;
    this.#fed = o;
    if (this.#loses()) return;
    this.send({ ch: kFeed, o, p, ...frame });
    if (this.#loses()) this.send({ ch: kFeed, o, p, ...frame });
  }

  /** What is lost, or comes twice, between the channel and the connection is found by the offsets. */
  #loses() {
    return this.#world.random() < this.#world.lossRate;
  }
}
