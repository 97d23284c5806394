// What tests of feeds and tracks have in common: nodes on either bus, clients that are levee-client, and raw connections.
import { once } from 'node:events';
import net from 'node:net';

import { Realtime } from '../../web/client/src/index.js';
import { startLevee } from './levee.mjs';
import { until } from './processes.mjs';
import { startRedis } from './redis.mjs';
import { WebSocketClient } from './websocket_client.mjs';

/** What levee-client needs of the world, in Node. */
export const kNode = {
  socket: (url) => new WebSocketClient(url),
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout,
  clearTimeout,
  random: Math.random,
  online: () => true,
  visible: () => true,
};

/**
 * Runs `body({here, there, redis})` on a node of its own, and on two that Redis joins: what is published `here` is watched
 * `there`. `close(f)` of the same object has `f` run at the end.
 */
export async function onBothBuses(t, body, settings = {}) {
  for (const bus of ['memory', 'redis']) await t.test(`on the ${bus} bus`, (own) => onBus(bus, own, body, settings));
}

async function onBus(bus, t, body, settings) {
  const ends = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const close = (end) => ends.push(end);
  const redis = bus === 'redis' ? await startRedis() : null;
  if (redis) close(() => redis.stop());
  const node = async () => {
    const levee = await startLevee({ 'ladder.rungs': '[]', ...(redis && { 'bus.redis_url': redis.url }), ...settings });
    close(() => levee.stop());
    return levee;
  };
  const here = await node();
  await body({ here, there: redis ? await node() : here, redis, close });
}

export function realtimeUrl(levee) {
  return `ws://127.0.0.1:${levee.httpPort ?? levee.port}/rt?v=1`;
}

/** A levee-client that is connected to a node, or to a proxy before it. */
export function clientOf(levee, close, options = {}) {
  const rt = new Realtime(realtimeUrl(levee), { env: kNode, ...options });
  close(() => rt.close());
  rt.connect();
  return rt;
}

/** A connection that says what it is told to, and keeps what came. */
export class RawClient {
  messages = [];
  #socket;
  #next = 1;

  static async open(levee, hello = {}) {
    const client = new RawClient();
    client.#socket = new WebSocketClient(realtimeUrl(levee));
    client.#socket.onmessage = ({ data }) => client.messages.push(JSON.parse(data));
    await new Promise((resolve, reject) => Object.assign(client.#socket, { onopen: resolve, onclose: reject }));
    client.say({ op: 'hello', ...hello });
    await client.seen(({ hello: welcome }) => welcome);
    return client;
  }

  say(message) {
    this.#socket.send(JSON.stringify(message));
  }

  /** The answer to a request: `{ok}` or `{err}`. */
  async ask(message) {
    const i = this.#next++;
    this.say({ i, ...message });
    return this.seen((answer) => answer.i === i);
  }

  /** The first message that is wanted, once it is here. */
  seen(wanted) {
    return until('a message came', () => this.messages.find(wanted), { every: 0.02 });
  }

  /** Takes all that came so far. */
  take() {
    return this.messages.splice(0);
  }

  close() {
    this.#socket.close();
  }

  cut() {
    this.#socket.cut();
  }
}

/** A source of a feed. */
export class FeedSource {
  #client;
  #channel;

  /** Begins a session; gives a source that has said nothing yet. */
  static async begin(levee, name, epoch) {
    const source = new FeedSource();
    source.#channel = `feed:${name}`;
    source.#client = await RawClient.open(levee);
    source.opened = await source.begin(epoch);
    return source;
  }

  begin(epoch) {
    return this.#client.ask({ op: 'src', ch: this.#channel, e: epoch });
  }

  /** Says one record; gives the answer. */
  tick(k, s, d, more = {}) {
    return this.#client.ask({ op: 'pub', ch: this.#channel, r: [{ k, s, d, ttl: 4000, ...more }] });
  }

  synced() {
    this.#client.say({ op: 'synced', ch: this.#channel });
  }

  alive() {
    this.#client.say({ op: 'alive', ch: this.#channel });
  }

  leave() {
    this.#client.close();
  }

  cut() {
    this.#client.cut();
  }
}

/** Has a Redis forget everything. */
export async function flushRedis({ port }) {
  const socket = net.connect(port, '127.0.0.1');
  socket.write('FLUSHALL\r\n');
  await once(socket, 'data');
  socket.destroy();
}
