/** A client in virtual time, with a server's end of its sockets to hold in the hand. */
import { Realtime } from '../src/index.js';
import { FakeSocket, VirtualTime } from '../../tests/virtual_time.mjs';

export function setUp({ random = () => 0.5, ...options } = {}) {
  const time = new VirtualTime();
  const world = { online: true, visible: true };
  const sockets = [];
  const socket = (url) => {
    sockets.push(new FakeSocket(url));
    return sockets.at(-1);
  };
  const env = {
    socket,
    random,
    now: time.now,
    wall: time.wall,
    setTimeout: time.setTimeout,
    clearTimeout: time.clearTimeout,
    online: () => world.online,
    visible: () => world.visible,
    watch: (changed) => {
      world.changed = changed;
      return () => {};
    },
  };
  const rt = new Realtime('ws://host/rt?v=1', { env, ...options });
  const welcome = (more = {}) => {
    sockets.at(-1).accept();
    sockets.at(-1).say({
      hello: { v: 1, sid: 's1', resumed: false, now: time.wall(), hb: 1000, win: 400, resume: 'token', ...more },
    });
  };
  return { time, world, sockets, rt, welcome, last: () => sockets.at(-1) };
}

/** Opens a log and writes down what it tells. */
export function follow(rt, name) {
  const seen = [];
  const log = rt.channel(name);
  log.on('reset', () => seen.push('reset'));
  log.on('message', ({ o }) => seen.push(o));
  log.on('gap', () => seen.push('gap'));
  let live = false;
  log.on('state', (state) => {
    if ((state === 'live') !== live) seen.push((live = state === 'live') ? 'live' : 'not live');
  });
  return seen;
}
