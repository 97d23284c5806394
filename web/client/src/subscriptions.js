import { within } from './backoff.js';
import { makeChannel } from './channels.js';
import { RealtimeError, kConnectionLost } from './errors.js';

const kMaxChannels = 32;

/** The channels that are wanted: asked for on every connection, given what comes for them, asked for again when refused for a while. */
export class Subscriptions {
  #channels = new Map();
  #context;
  #connection = 0; // counts connections: what was asked on one is not repeated on the next

  /** `context`: env, clock, life, outbox, request(message, taken), changed(). */
  constructor(context) {
    this.#context = context;
  }

  open(name) {
    const known = this.#channels.get(name);
    if (known) return known;
    if (this.#channels.size >= kMaxChannels) throw new RangeError('too many channels');
    const { env, clock, life, outbox, request } = this.#context;
    const channel = makeChannel(name, {
      env,
      clock,
      life,
      request,
      publish: (data) => outbox.publish(name, data),
      newId: () => outbox.newId(),
      resubscribe: () => this.#subscribe(channel),
      leave: () => this.#leave(channel),
    });
    this.#channels.set(name, channel);
    if (life.open) this.#subscribe(channel);
    this.#context.changed();
    return channel;
  }

  follows(name) {
    return this.#channels.has(name);
  }

  /** Whether all are up to date that may be had. */
  get synced() {
    for (const channel of this.#channels.values()) if (!channel.synced && !channel.denied) return false;
    return true;
  }

  /** What to ask for in a hello. */
  wanted() {
    return [...this.#channels.values()].map((channel) => channel.subscription());
  }

  lost() {
    this.#connection += 1;
    for (const channel of this.#channels.values()) channel.lost();
  }

  evaluate() {
    for (const channel of this.#channels.values()) channel.evaluate();
  }

  /** A message about a channel. */
  take(message) {
    const about = message.sync ?? message.gap ?? message;
    const channel = this.#channels.get(about.ch ?? message.err?.ch);
    if (!channel) return;
    if (message.sync) return this.#synced(channel, message.sync);
    if (message.gap) channel.gap(message.gap);
    else if (message.err) this.#refused(channel, message.err);
    else this.#frame(channel, message);
    if (channel.caughtUp) this.#context.outbox.caughtUp(channel.name);
  }

  /** Where the channels end, by a heartbeat. */
  tops(tops) {
    for (const [name, [epoch, offset]] of Object.entries(tops)) this.#channels.get(name)?.top(epoch, offset);
  }

  /** A ping that went after the hello was answered: what the channels had for us has come before. */
  quiet() {
    for (const channel of this.#channels.values()) if (channel.synced) this.#context.outbox.caughtUp(channel.name);
  }

  #frame(channel, message) {
    if (message.d?.id) this.#context.outbox.seen(message.d.id, { e: channel.epoch, o: message.o });
    channel.frame(message);
  }

  #synced(channel, sync) {
    channel.sync(sync);
    this.#context.life.expectBeats([...this.#channels.values()].map((c) => c.heartbeat).filter(Boolean));
    if (channel.caughtUp) this.#context.outbox.caughtUp(channel.name);
  }

  async #subscribe(channel) {
    const connection = this.#connection;
    const take = (sync) => connection === this.#connection && this.#has(channel) && this.#synced(channel, sync);
    try {
      await this.#context.request({ op: 'sub', ...channel.subscription() }, take);
    } catch (error) {
      if (error.code === kConnectionLost) return; // asked again by the next hello
      if (connection === this.#connection) this.#refused(channel, { c: error.code, m: error.message, retry: error.retry });
    }
    this.#context.changed();
  }

  #refused(channel, { c, m, retry }) {
    if (!retry) return channel.deny(new RealtimeError(c, m));
    const { env } = this.#context;
    const connection = this.#connection;
    const again = () => connection === this.#connection && this.#has(channel) && this.#subscribe(channel);
    env.setTimeout(again, within(retry, env.random));
  }

  #leave(channel) {
    if (!this.#has(channel)) return;
    this.#channels.delete(channel.name);
    const { life, request, changed } = this.#context;
    if (life.open) request({ op: 'unsub', ch: channel.name }).catch(() => {});
    life.expectBeats([...this.#channels.values()].map((c) => c.heartbeat).filter(Boolean));
    changed();
  }

  #has(channel) {
    return this.#channels.get(channel.name) === channel;
  }
}
