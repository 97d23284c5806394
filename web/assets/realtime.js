/**
 * Client of the realtime protocol, version 1 (docs/protocol.md): one WebSocket, many channels.
 *
 * A channel is `live` only while the connection is open, the server has been heard lately, and the channel was brought
 * up to date on this very connection. What it holds stays there when it is not: show it as old, don't clear it.
 * Every connection comes back by itself, at a time the server spreads, and goes on from the positions that were seen.
 */
import { fullJitter, within } from './backoff.js';
import { makeChannel } from './channels.js';
import { Clock } from './clock.js';
import { Publications, RealtimeError, kConnectionLost } from './publications.js';

const kHelloWithinMs = 10_000;
const kPokeAnswerMs = 5000;
const kSettledMs = 5000; // a connection that lasted this long was a good one: the next wait begins small
const kSlowDownMs = 10_000;
const kMaxChannels = 32;
const kBadNick = 4220;

/** What the client needs of the world; tests give their own. */
export const kBrowser = {
  socket: (url) => new WebSocket(url),
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout: (f, ms) => setTimeout(f, ms),
  clearTimeout: (id) => clearTimeout(id),
  random: Math.random,
};

/** Tells by "state" events when `state` or `retryAt` changed. */
export class Realtime extends EventTarget {
  /**
   *   idle        not started, or stopped
   *   connecting  until the server's hello
   *   live        the server is heard
   *   stale       it has not been heard for 2.5 heartbeats; the connection is kept
   *   backoff     waiting for the next try, at `retryAt` (the clock of `env.now`)
   *   failed      the server said that it will never work
   */
  state = 'idle';
  retryAt = null;

  #url;
  #env;
  #socket = null;
  #channels = new Map();
  #requests = new Map();
  #publications;
  #nextRequest = 1;
  #connections = 0;
  #nick;
  #viewer;
  #sid = null;
  #resume = null;
  #heartbeat = 15_000;
  #window = 1000;
  #bye = null;
  #attempt = 0;
  #heardAt = 0;
  #liveSince = 0;
  #expectBy = Infinity;
  #timer = null;
  #clock;

  constructor(url, { nick = '', viewer = '', env = kBrowser } = {}) {
    super();
    this.#url = url;
    this.#env = env;
    this.#nick = nick;
    this.#viewer = viewer;
    this.#clock = new Clock(env);
    this.#publications = new Publications(env, (message) => this.#request(message));
  }

  /** Our name to others; new after a connection that could not be resumed. */
  get sid() {
    return this.#sid;
  }

  /** The server's clock, ms since 1970, as well as it is known. */
  serverNow() {
    return this.#clock.now();
  }

  start() {
    if (this.state === 'idle') this.#connect();
  }

  stop() {
    this.#drop();
    this.#enter('idle');
    this.#publications.rejectAll(new RealtimeError(kConnectionLost, 'The connection was closed.'));
  }

  /**
   * Subscribes, now and on every later connection. `handlers` depend on the kind; see channels.js.
   */
  subscribe(name, handlers) {
    if (this.#channels.size >= kMaxChannels) throw new RangeError('too many channels');
    const channel = makeChannel(name, handlers, () => this.#subscribe(channel));
    this.#channels.set(name, channel);
    if (this.#open) this.#subscribe(channel);
    return channel;
  }

  unsubscribe(name) {
    if (this.#channels.delete(name) && this.#open) this.#request({ op: 'unsub', ch: name }).catch(() => {});
  }

  /** Sets the nickname. Rejects with RealtimeError when the server refuses it; the old one is then kept. */
  async setNick(nick) {
    if (this.#open) await this.#request({ op: 'me', nick });
    this.#nick = nick;
  }

  /**
   * Says something in a log channel. Resolves with its position when it has its place in the log. When the connection
   * breaks meanwhile it is said again under the same id, and becomes one message; after 30 s it is given up.
   */
  publish(name, data) {
    return this.#publications.publish(name, data);
  }

  /** Something changed outside (the network came back, the page is seen again): find out now what still works. */
  poke() {
    if (this.state === 'backoff') {
      this.#wait(this.#env.random() * Math.min(this.#window, 1000));
    } else if (this.#open) {
      this.#expectBy = this.#env.now() + kPokeAnswerMs;
      this.#ping();
      this.#watch();
    }
  }

  // ---- the connection

  get #open() {
    return this.state === 'live' || this.state === 'stale';
  }

  #connect() {
    this.#drop();
    this.#enter('connecting');
    const socket = (this.#socket = this.#env.socket(this.#url));
    const mine = (f) => (event) => socket === this.#socket && f(event);
    socket.onopen = mine(() => this.#hello());
    socket.onmessage = mine((event) => this.#received(event.data));
    socket.onclose = mine((event) => this.#closed(event.code, event.reason));
    socket.onerror = () => {}; // a close follows
    this.#timer = this.#env.setTimeout(() => this.#closed(1006, ''), kHelloWithinMs);
  }

  /** Lets go of the socket; what it still says is not heard. */
  #drop() {
    this.#env.clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#bye = null;
    this.#expectBy = Infinity;
    if (socket && socket.readyState < 2) socket.close(1000);
    this.#publications.disconnected();
    const waiting = [...this.#requests.values()];
    this.#requests.clear();
    for (const { reject } of waiting) reject(new RealtimeError(kConnectionLost, 'The connection was lost.', [0, 0]));
    for (const channel of this.#channels.values()) channel.lost();
  }

  #hello() {
    const hello = { op: 'hello', v: 1 };
    if (this.#nick) hello.nick = this.#nick;
    if (this.#viewer) hello.viewer = this.#viewer;
    if (this.#resume) hello.resume = this.#resume;
    hello.subs = [...this.#channels.values()].map((channel) => channel.subscription());
    this.#send(hello);
  }

  #welcomed(hello) {
    this.#sid = hello.sid;
    this.#resume = hello.resume ?? null;
    this.#heartbeat = hello.hb ?? this.#heartbeat;
    this.#window = hello.win ?? this.#window;
    this.#clock.forget();
    this.#clock.roughly(hello.now);
    this.#liveSince = this.#env.now();
    this.#enter('live');
    this.#ping();
    this.#publications.connected(++this.#connections, hello.resumed, (name) => this.#channels.has(name));
  }

  #closed(code, reason) {
    const now = this.#env.now();
    const bye = this.#bye ?? parseWindow(reason);
    const wasOpen = this.#open;
    if (wasOpen && now - this.#liveSince >= kSettledMs) this.#attempt = 0;
    this.#drop();
    if (code === 1000 || (code >= 4500 && code <= 4599)) {
      this.#enter('failed');
      return this.#publications.rejectAll(new RealtimeError(code, 'The chat is closed.'));
    }
    let delay;
    if (bye) delay = within(bye, this.#env.random);
    else if (wasOpen && this.#attempt === 0) delay = within([0, this.#window], this.#env.random);
    else delay = fullJitter(this.#attempt, { random: this.#env.random });
    this.#attempt += 1;
    this.#wait(code === 4029 ? delay + kSlowDownMs : delay);
  }

  #wait(ms) {
    this.#env.clearTimeout(this.#timer);
    this.retryAt = this.#env.now() + ms;
    this.#timer = this.#env.setTimeout(() => this.#connect(), ms);
    this.#enter('backoff');
  }

  #enter(state) {
    if (state !== 'backoff') this.retryAt = null;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  /** Sleeps until the next moment at which silence would mean something. */
  #watch() {
    this.#env.clearTimeout(this.#timer);
    const now = this.#env.now();
    const staleAt = this.#heardAt + 2.5 * this.#heartbeat;
    const deadAt = Math.min(this.#heardAt + 5 * this.#heartbeat, this.#expectBy);
    if (now >= deadAt) return this.#closed(1006, '');
    if (now >= staleAt && this.state === 'live') {
      for (const channel of this.#channels.values()) channel.heard(false);
      this.#enter('stale');
      this.#ping();
    }
    const next = this.state === 'live' ? Math.min(staleAt, deadAt) : deadAt;
    this.#timer = this.#env.setTimeout(() => this.#watch(), next - now);
  }

  // ---- messages

  #send(message) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #request(message) {
    const i = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#requests.set(i, { resolve, reject });
      this.#send({ i, ...message });
    });
  }

  #ping() {
    this.#send({ p: Math.round(this.#env.now()) });
  }

  #received(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message !== 'object' || message === null) return;
    this.#heard();
    if (message.hello) this.#welcomed(message.hello);
    else if (message.hb) this.#beat(message.hb);
    else if ('p' in message && !('ch' in message)) this.#ponged(message);
    else if (message.bye) this.#bye = message.bye.retry ?? null;
    else if (message.sync) this.#synced(this.#channels.get(message.sync.ch), message.sync);
    else if (message.gap) this.#channels.get(message.gap.ch)?.gap(message.gap);
    else if ('i' in message) this.#answered(message);
    else if (message.err) this.#refused(message);
    else if (message.ch) this.#frame(message);
    if (this.#open) this.#watch();
  }

  #heard() {
    this.#heardAt = this.#env.now();
    this.#expectBy = Infinity;
    if (this.state !== 'stale') return;
    this.#enter('live');
    for (const channel of this.#channels.values()) channel.heard(true);
  }

  #beat(beat) {
    this.#window = beat.win ?? this.#window;
    this.#resume = beat.resume ?? this.#resume;
    this.#ping();
  }

  #ponged({ p, t }) {
    this.#clock.sample(p, t);
    // The ping went out after hello: what the channels had for us has come before its answer.
    for (const channel of this.#channels.values()) if (channel.live) this.#publications.caughtUp(channel.name);
  }

  #answered({ i, ok, err }) {
    const request = this.#requests.get(i);
    if (!request) return;
    this.#requests.delete(i);
    if (err) request.reject(new RealtimeError(err.c, err.m, err.retry));
    else request.resolve(ok);
  }

  /** A refusal that answers no request: of the hello, or of a channel named in it. */
  #refused(message) {
    if (this.state === 'connecting' && message.err.c === kBadNick && this.#nick) {
      this.#nick = ''; // better in the room without a name than outside for a bad one
      return this.#hello();
    }
    const channel = this.#channels.get(message.ch ?? message.err.ch);
    if (channel) this.#subscriptionFailed(channel, message.err.retry);
  }

  #frame(message) {
    const channel = this.#channels.get(message.ch);
    if (!channel) return;
    if (message.d?.id) this.#publications.seen(message.d.id, { o: message.o });
    channel.frame(message);
    if (channel.caughtUp) this.#publications.caughtUp(channel.name);
  }

  // ---- channels

  async #subscribe(channel) {
    const socket = this.#socket;
    const { ch, pos } = channel.subscription();
    try {
      const sync = await this.#request(pos ? { op: 'sub', ch, pos } : { op: 'sub', ch });
      if (this.#channels.get(ch) === channel) this.#synced(channel, sync);
    } catch (error) {
      if (socket === this.#socket) this.#subscriptionFailed(channel, error.retryMs ? [0, error.retryMs] : null);
    }
  }

  #synced(channel, sync) {
    channel?.sync(sync);
    if (channel?.caughtUp) this.#publications.caughtUp(channel.name);
  }

  #subscriptionFailed(channel, retry) {
    if (!retry) return channel.deny();
    const socket = this.#socket;
    this.#env.setTimeout(
      () => socket === this.#socket && this.#channels.get(channel.name) === channel && this.#subscribe(channel),
      within(retry, this.#env.random),
    );
  }
}

/** "retry=0-4000", the reason of a close frame -> [0, 4000]. */
function parseWindow(reason) {
  const match = /^retry=(\d+)-(\d+)$/.exec(reason ?? '');
  return match && [Number(match[1]), Number(match[2])];
}
