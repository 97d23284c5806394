/**
 * Client of the realtime protocol, version 1 (docs/protocol.md): one WebSocket, many channels.
 *
 * What it holds is `live` only while the server is freshly heard on this connection and the channel was brought up to
 * date on it. Otherwise it stays and says that it is old. Every connection comes back by itself, at a time the server
 * spreads, and all channels go on from the positions that were seen, asked for in one message.
 */
import { fullJitter, within } from './backoff.js';
import { Clock } from './clock.js';
import { Connection, parseWindow } from './connection.js';
import { Emitter } from './emitter.js';
import { kBrowser } from './environment.js';
import { RealtimeError, kBadNick, kBadToken, kBusy, kConnectionLost } from './errors.js';
import { Life } from './life.js';
import { Outbox } from './outbox.js';
import { Subscriptions } from './subscriptions.js';

const kTickMs = 250;
const kHelloWithinMs = 10_000;
const kAnswerWithinMs = 5000; // to a ping that asks whether the connection still works
const kRequestWithinMs = 10_000; // something must come after a request, where heartbeats are too slow to find a dead connection
const kSettledMs = 5000; // a connection that lasted this long was a good one: the next wait begins small
const kSlowDownMs = 10_000;
const kHiddenMs = 60_000; // a page that nobody has seen for this long does not try to reconnect

const kOpen = new Set(['resyncing', 'live', 'stale']);
const kResting = new Set(['idle', 'suspended', 'failed', 'closed']);

/** Tells by "state" (the new one) when `state` or `retryAt` changed. */
export class Realtime extends Emitter {
  #url;
  #env;
  #options;
  #state = 'idle';
  #retryAt = null;
  #connection = null;
  #channels;
  #outbox;
  #clock = new Clock();
  #life;
  #connections = 0;
  #session = { sid: null, resume: null, me: null, limits: {} };
  #window = 1000;
  #bye = null;
  #attempt = 0;
  #tokensRefused = 0;
  #since = 0; // when the state was entered
  #openSince = 0;
  #helloAt = 0;
  #hiddenSince = null;
  #timer = null;
  #unwatch = null;

  constructor(url, options = {}) {
    super();
    this.#url = url;
    this.#options = { nick: '', token: '', viewer: '', heartbeatMs: 0, ...options };
    this.#env = options.env ?? kBrowser;
    this.#life = new Life(this.#env, this.#clock, options);
    this.#outbox = new Outbox(this.#env, (message) => this.request(message));
    this.#channels = new Subscriptions({
      env: this.#env,
      clock: this.#clock,
      life: this.#life,
      outbox: this.#outbox,
      request: (message, taken) => this.#ask(message, taken),
      changed: () => this.#settle(),
    });
  }

  // ---- what can be read

  /**
   *   idle        not started
   *   connecting  the socket opens
   *   greeting    hello was said, the answer is awaited
   *   resyncing   the server is heard, but not every channel is up to date yet
   *   live        every channel that may be had is up to date
   *   stale       nothing fresh was heard for 2.5 heartbeats; the connection is kept, and asked whether it works
   *   backoff     waiting for the next try, at `retryAt`
   *   suspended   no network, or nobody has seen the page for a minute: goes on when that ends
   *   failed      the server said that it will never work; `failure` says why
   *   closed      `close` was called
   */
  get state() {
    return this.#state;
  }

  /** When the next try begins, by the clock of `env.now`; null unless in `backoff`. */
  get retryAt() {
    return this.#retryAt;
  }

  /** Our name to others; new after a connection that could not be resumed. */
  get sid() {
    return this.#session.sid;
  }

  /** Who the server says we are: {u, role}. Null before the first connection. */
  get me() {
    return this.#session.me;
  }

  get limits() {
    return this.#session.limits;
  }

  /** "normal", or "background" while nobody sees the page and heartbeats are few. */
  get pace() {
    return this.#life.pace;
  }

  /** The server's clock in ms since 1970 as well as it is known: {now, error}. NaN and Infinity when it is not. */
  get serverClock() {
    const now = this.#env.now();
    return { now: this.#clock.likely(now), error: this.#clock.error(now) };
  }

  // ---- what can be done

  connect() {
    if (!['idle', 'closed', 'failed'].includes(this.#state)) return;
    this.#unwatch ??= this.#env.watch?.(() => this.#surroundingsChanged()) ?? null;
    this.#surroundingsChanged();
    this.#open();
  }

  close() {
    this.#letGo();
    this.#unwatch?.();
    this.#unwatch = null;
    this.#enter('closed');
    this.#outbox.rejectAll(new RealtimeError(kConnectionLost, 'The connection was closed.'));
  }

  /** The channel of that name, subscribed to now and on every later connection. The same object for the same name. */
  channel(name) {
    return this.#channels.open(name);
  }

  /** Sets the nickname. Rejects with RealtimeError when the server refuses it; the old one is then kept. */
  async setNick(nick) {
    if (this.#isOpen) await this.request({ op: 'me', nick });
    this.#options.nick = nick;
  }

  /** Asks the server something on the connection that is open now. Rejects with RealtimeError. */
  request(message) {
    return this.#ask(message);
  }

  #ask(message, taken) {
    if (this.#isOpen) {
      if (this.#options.heartbeatMs > 0) this.#life.demand(this.#env.now() + kRequestWithinMs);
      return this.#connection.request(message, taken);
    }
    return Promise.reject(new RealtimeError(kConnectionLost, 'There is no connection.', [0, 0]));
  }

  // ---- the connection

  get #isOpen() {
    return kOpen.has(this.#state);
  }

  #open() {
    this.#letGo();
    this.#enter('connecting');
    this.#connection = new Connection(this.#url, this.#env, {
      opened: () => this.#greet(),
      message: (message) => this.#received(message),
      closed: (code, reason) => this.#lost(code, reason),
    });
  }

  #letGo() {
    this.#connection?.end();
    this.#connection = null;
    this.#bye = null;
    this.#life.lost();
    this.#outbox.disconnected();
    this.#channels.lost();
  }

  #greet() {
    const { nick, token, viewer, heartbeatMs } = this.#options;
    const hello = { op: 'hello', v: 1 };
    if (nick) hello.nick = nick;
    if (token) hello.token = typeof token === 'function' ? token() : token;
    if (viewer) hello.viewer = viewer;
    if (heartbeatMs > 0) hello.hb = heartbeatMs;
    if (this.#session.resume) hello.resume = this.#session.resume;
    hello.subs = this.#channels.wanted();
    this.#helloAt = this.#env.now();
    this.#connection.send(hello);
    this.#enter('greeting');
  }

  #welcomed(hello) {
    const now = this.#env.now();
    this.#session = {
      sid: hello.sid,
      resume: hello.resume ?? null,
      me: { u: hello.u ?? hello.sid, role: hello.role ?? 'guest' },
      limits: hello.lim ?? {},
    };
    this.#window = hello.win ?? this.#window;
    this.#openSince = now;
    this.#tokensRefused = 0;
    this.#clock.answered(this.#helloAt, hello.now, now);
    this.#life.begin(hello, now);
    this.#enter('resyncing');
    this.#ping();
    this.#outbox.connected(++this.#connections, hello.resumed, (name) => this.#channels.follows(name));
    this.#settle();
  }

  #lost(code, reason = '') {
    const bye = this.#bye ?? parseWindow(reason);
    const wasOpen = this.#isOpen;
    if (wasOpen && this.#env.now() - this.#openSince >= kSettledMs) this.#attempt = 0;
    this.#letGo();
    if (code === 1000 || (code >= 4500 && code <= 4599)) {
      this.failure = { code, reason };
      this.#enter('failed');
      return this.#outbox.rejectAll(new RealtimeError(code, 'The server let this connection go for good.'));
    }
    let delay;
    if (bye) delay = within(bye, this.#env.random);
    else if (wasOpen && this.#attempt === 0) delay = within([0, this.#window], this.#env.random);
    else delay = fullJitter(this.#attempt, { random: this.#env.random });
    this.#attempt += 1;
    this.#wait(code === 4029 ? delay + kSlowDownMs : delay);
  }

  #wait(ms) {
    this.#retryAt = this.#env.now() + ms;
    this.#enter('backoff');
  }

  #enter(state) {
    if (state !== 'backoff') this.#retryAt = null;
    this.#state = state;
    this.#since = this.#env.now();
    if (kResting.has(state)) {
      this.#env.clearTimeout(this.#timer);
      this.#timer = null;
    } else if (state === 'backoff' || this.#timer === null) {
      this.#schedule();
    }
    this.emit('state', state);
  }

  // ---- what time brings

  #schedule() {
    this.#env.clearTimeout(this.#timer);
    const now = this.#env.now();
    const next = this.#retryAt === null ? kTickMs : Math.min(kTickMs, Math.max(0, this.#retryAt - now));
    this.#timer = this.#env.setTimeout(() => this.#tick(), next);
    this.#life.expectTick(now + next);
  }

  #tick() {
    this.#timer = null;
    const now = this.#env.now();
    if (this.#life.slept(now)) this.#doubt();
    if (this.#state === 'connecting' || this.#state === 'greeting') {
      if (now - this.#since >= kHelloWithinMs) this.#lost(1006);
    } else if (this.#state === 'backoff') {
      if (!this.#env.online() || this.#isHidden(now)) this.#enter('suspended');
      else if (now >= this.#retryAt) this.#open();
    } else if (this.#life.dead(now)) {
      this.#lost(1006);
    } else {
      if (this.#life.pingDue(now)) this.#ping();
      this.#settle();
    }
    this.#channels.evaluate();
    if (!kResting.has(this.#state) && this.#timer === null) this.#schedule();
  }

  #isHidden(now) {
    return this.#hiddenSince !== null && now - this.#hiddenSince > kHiddenMs;
  }

  /** Which of the open states it is, by what is heard and by what the channels hold. */
  #settle() {
    if (!this.#isOpen) return;
    const fresh = this.#life.fresh(this.#env.now());
    const state = this.#channels.synced ? (fresh ? 'live' : 'stale') : this.#state === 'stale' && !fresh ? 'stale' : 'resyncing';
    if (state === this.#state) return;
    if (state === 'stale') this.#ping();
    this.#enter(state);
    this.#channels.evaluate();
  }

  /** Nothing is believed until the server answers: the device slept, or its network changed. */
  #doubt() {
    const now = this.#env.now();
    this.#life.distrust(now);
    if (!this.#isOpen) return;
    this.#life.demand(now + kAnswerWithinMs);
    this.#ping();
    this.#settle();
  }

  #surroundingsChanged() {
    const now = this.#env.now();
    const visible = this.#env.visible();
    this.#hiddenSince = visible ? null : (this.#hiddenSince ?? now);
    if (this.#life.pace !== (visible ? 'normal' : 'background')) {
      this.#life.pace = visible ? 'normal' : 'background';
      if (this.#isOpen) this.#ping();
    }
    if (!this.#env.online()) {
      this.#doubt();
    } else if (this.#state === 'suspended' || this.#state === 'backoff') {
      if (visible) this.#wait(this.#env.random() * Math.min(this.#window, 1000));
    } else if (this.#isOpen && visible) {
      this.#life.demand(now + kAnswerWithinMs);
      this.#ping();
    }
    this.#channels.evaluate();
  }

  // ---- messages

  #ping() {
    this.#life.pinged(this.#env.now());
    const ping = { p: Math.floor(this.#env.now()) };
    if (this.pace === 'background') ping.bg = 1;
    this.#connection?.send(ping);
  }

  #received(message) {
    const now = this.#env.now();
    if (message.hello) this.#welcomed(message.hello);
    else if (message.hb) this.#beat(message.hb, now);
    else if ('p' in message && !message.ch) this.#ponged(message, now);
    else if (message.bye) this.#bye = message.bye.retry ?? null;
    else if ('i' in message) this.#connection.answered(message);
    else if (message.err && !this.#isOpen && !message.ch) this.#helloRefused(message.err);
    else this.#channels.take(message);
    if (!this.#isOpen) return;
    this.#life.heard(now);
    this.#settle();
  }

  #beat(beat, now) {
    this.#window = beat.win ?? this.#window;
    this.#session.resume = beat.resume ?? this.#session.resume;
    this.#life.dated(beat.t, now);
    this.#channels.tops(beat.top ?? {});
    if (this.#life.beatCounts()) this.#ping();
  }

  #ponged({ p, t }, now) {
    this.#clock.answered(p, t, now);
    this.#life.dated(t, now);
    this.#channels.quiet();
  }

  /** The connection stays open: the same hello, or a better one, is said again on it. */
  #helloRefused({ c, m, retry }) {
    const { nick, token } = this.#options;
    if (c === kBusy) {
      const connection = this.#connection;
      const ms = within(retry ?? [1000, 3000], this.#env.random);
      this.#env.setTimeout(() => connection === this.#connection && this.#greet(), ms);
      this.#since = this.#env.now() + ms;
    } else if (c === kBadNick && nick) {
      this.#options.nick = ''; // better in the room without a name than outside for a bad one
      this.#greet();
    } else if (c === kBadToken && token) {
      this.emit('refused', new RealtimeError(c, m));
      if (typeof token !== 'function' || ++this.#tokensRefused > 1) this.#options.token = '';
      this.#greet();
    }
  }
}
