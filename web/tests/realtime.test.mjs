import assert from 'node:assert/strict';
import test from 'node:test';
import { Realtime } from '../assets/realtime.js';
import { FakeSocket, VirtualTime, settle } from './virtual_time.mjs';

function setUp({ random = () => 0.5, ...options } = {}) {
  const time = new VirtualTime();
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
  };
  const rt = new Realtime('ws://host/rt?v=1', { env, ...options });
  const welcome = (more = {}) => {
    sockets.at(-1).accept();
    sockets.at(-1).say({
      hello: { v: 1, sid: 's1', resumed: false, now: time.wall(), hb: 1000, win: 400, resume: 'token', ...more },
    });
  };
  return { time, sockets, rt, welcome, last: () => sockets.at(-1) };
}

function log() {
  const seen = [];
  const handlers = {
    reset: () => seen.push('reset'),
    message: ({ o }) => seen.push(o),
    gap: () => seen.push('gap'),
    live: (live) => seen.push(live ? 'live' : 'not live'),
  };
  return { seen, handlers };
}

test('hello carries the nickname, the resume token and every channel with its position', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  rt.subscribe('chat:a', log().handlers);
  rt.subscribe('count:a', {});
  rt.start();
  welcome();
  assert.deepEqual(last().sent[0], { op: 'hello', v: 1, nick: 'Ann', subs: [{ ch: 'chat:a' }, { ch: 'count:a' }] });
  last().say(
    { sync: { ch: 'chat:a', e: 'x', o: 2, recovered: false } },
    { ch: 'chat:a', o: 2, d: {} },
    { ch: 'chat:a', o: 3, d: {} },
  );
  last().end();
  await time.pass(400);
  last().accept();
  assert.deepEqual(last().sent[0], {
    op: 'hello',
    v: 1,
    nick: 'Ann',
    resume: 'token',
    subs: [{ ch: 'chat:a', pos: { e: 'x', o: 3 } }, { ch: 'count:a' }],
  });
});

test('a recovered log is appended to, and no message is given twice', async () => {
  const { rt, last, welcome, time } = setUp();
  const { seen, handlers } = log();
  rt.subscribe('chat:a', handlers);
  rt.start();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 1, recovered: false } }, { ch: 'chat:a', o: 1, d: {} });
  last().end();
  await time.pass(400);
  welcome({ resumed: true });
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 3, recovered: true } });
  last().say({ ch: 'chat:a', o: 1, d: {} }, { ch: 'chat:a', o: 2, d: {} }, { ch: 'chat:a', o: 3, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 1, 'not live', 'live', 2, 3]);
});

test('a log that could not be recovered begins anew', async () => {
  const { rt, last, welcome, time } = setUp();
  const { seen, handlers } = log();
  rt.subscribe('chat:a', handlers);
  rt.start();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 9, recovered: false } }, { ch: 'chat:a', o: 9, d: {} });
  last().end();
  await time.pass(400);
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'y', o: 1, recovered: false } }, { ch: 'chat:a', o: 1, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 9, 'not live', 'reset', 'live', 1]);
});

test('a hole in a log is asked for again from where it begins', async () => {
  const { rt, last, welcome } = setUp();
  const { seen, handlers } = log();
  rt.subscribe('chat:a', handlers);
  rt.start();
  welcome();
  last().say(
    { sync: { ch: 'chat:a', e: 'x', o: 1, recovered: false } },
    { ch: 'chat:a', o: 1, d: {} },
    { ch: 'chat:a', o: 4, d: {} },
  );
  const [{ i, ...request }] = last().requests('sub');
  assert.deepEqual(request, { op: 'sub', ch: 'chat:a', pos: { e: 'x', o: 1 } });
  last().say({ i, ok: { ch: 'chat:a', e: 'x', o: 4, recovered: true } });
  await settle();
  last().say({ ch: 'chat:a', o: 2, d: {} }, { ch: 'chat:a', o: 3, d: {} }, { ch: 'chat:a', o: 4, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 1, 'not live', 'live', 2, 3, 4]);
});

test('a gap that the server declares is told, and is no reason to ask again', () => {
  const { rt, last, welcome } = setUp();
  const { seen, handlers } = log();
  rt.subscribe('chat:a', handlers);
  rt.start();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } }, { ch: 'chat:a', o: 1, d: {} });
  last().say({ gap: { ch: 'chat:a', e: 'x', o: 40, why: 'slow' } }, { ch: 'chat:a', o: 41, d: {} });
  assert.deepEqual(seen, ['reset', 'live', 1, 'gap', 41]);
  assert.equal(last().requests('sub').length, 0);
});

test('a value never goes back', () => {
  const { rt, last, welcome } = setUp();
  const values = [];
  rt.subscribe('count:a', { value: ({ d, partial }) => values.push([d.n, partial]) });
  rt.start();
  welcome();
  last().say({ sync: { ch: 'count:a', e: 'x', o: 5, d: { n: 7 }, t: 1 } });
  last().say(
    { ch: 'count:a', o: 7, p: 5, d: { n: 9 } },
    { ch: 'count:a', o: 6, d: { n: 8 } },
    { ch: 'count:a', o: 8, p: 7, d: { n: 3 }, partial: true },
  );
  assert.deepEqual(values, [
    [7, false],
    [9, false],
    [3, true],
  ]);
});

test('a set follows joins and leaves, and is asked for anew when one was missed', async () => {
  const { rt, last, welcome } = setUp();
  const shown = [];
  rt.subscribe('presence:a', { members: (m, n) => shown.push([[...m.values()].map((x) => x.nick).join(), n]) });
  rt.start();
  welcome();
  last().say({ sync: { ch: 'presence:a', e: 'x', o: 3, n: 1, m: [['u1', { nick: 'Ann' }]] } });
  last().say(
    { ch: 'presence:a', o: 4, p: 3, n: 2, '+': [['u2', { nick: 'Bo' }]] },
    { ch: 'presence:a', o: 5, p: 4, n: 1, '-': ['u1'] },
  );
  assert.deepEqual(shown, [
    ['Ann', 1],
    ['Ann,Bo', 2],
    ['Bo', 1],
  ]);
  last().say({ ch: 'presence:a', o: 9, p: 8, n: 5, '+': [['u3', { nick: 'Cy' }]] });
  assert.equal(shown.length, 3);
  assert.equal(last().requests('sub').length, 1);
});

test('silence for 2.5 heartbeats is stale, for 5 it is a lost connection', async () => {
  const { rt, last, welcome, time, sockets } = setUp();
  const { seen, handlers } = log();
  rt.subscribe('chat:a', handlers);
  rt.start();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  await time.pass(2499);
  assert.equal(rt.state, 'live');
  await time.pass(2);
  assert.equal(rt.state, 'stale');
  assert.deepEqual(seen, ['reset', 'live', 'not live']);
  last().say({ hb: { t: time.wall(), win: 300 } });
  assert.equal(rt.state, 'live');
  assert.deepEqual(seen, ['reset', 'live', 'not live', 'live']);
  await time.pass(5001);
  assert.equal(rt.state, 'backoff');
  assert.equal(sockets[0].readyState, 3);
});

test('a channel not yet synced on this connection is not live because a heartbeat came', async () => {
  const { rt, last, welcome, time } = setUp();
  const { seen, handlers } = log();
  rt.subscribe('chat:a', handlers);
  rt.start();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  last().end();
  await time.pass(400);
  welcome();
  await time.pass(2600);
  assert.equal(rt.state, 'stale');
  last().say({ hb: { t: 0 } });
  assert.equal(rt.state, 'live');
  assert.deepEqual(seen, ['reset', 'live', 'not live']);
});

test("the first wait is drawn from the server's window, later ones grow with full jitter", async () => {
  const { rt, last, welcome, time } = setUp();
  const waits = [];
  rt.addEventListener('state', () => rt.state === 'backoff' && waits.push(rt.retryAt - time.now()));
  rt.start();
  welcome({ win: 400 });
  last().end();
  for (let i = 0; i < 8; i++) {
    await time.pass(rt.retryAt - time.now());
    last().end();
  }
  // Half of each window, as random() gives 0.5 here.
  assert.deepEqual(waits, [200, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
});

test('a connection that is lost at once again and again is waited for longer and longer', async () => {
  const { rt, last, welcome, time } = setUp();
  rt.start();
  const waits = [];
  for (let i = 0; i < 5; i++) {
    welcome({ win: 10 });
    last().end();
    waits.push(rt.retryAt - time.now());
    await time.pass(waits.at(-1) + 1);
  }
  assert.deepEqual(waits, [5, 500, 1000, 2000, 4000]);
});

test("bye and the close frame's reason say when to come back", async () => {
  for (const how of ['bye', 'reason']) {
    const { rt, last, welcome, time } = setUp();
    rt.start();
    welcome();
    if (how === 'bye') last().say({ bye: { c: 1012, retry: [1000, 3000] } });
    last().end(1012, how === 'reason' ? 'retry=1000-3000' : '');
    assert.equal(rt.retryAt - time.now(), 2000, how);
  }
});

test('a client that is told that it will not work stays away', async () => {
  const { rt, last, welcome, time, sockets } = setUp();
  rt.start();
  welcome();
  last().end(4501);
  await time.pass(100_000);
  assert.equal(rt.state, 'failed');
  assert.equal(sockets.length, 1);
});

test('a server that does not say hello is given up after ten seconds', async () => {
  const { rt, last, time, sockets } = setUp();
  rt.start();
  last().accept();
  await time.pass(9999);
  assert.equal(rt.state, 'connecting');
  await time.pass(2000);
  assert.ok(sockets.length > 1);
});

test('frames of a dropped connection are not heard', async () => {
  const { rt, sockets, welcome, time } = setUp();
  const { seen, handlers } = log();
  rt.subscribe('chat:a', handlers);
  rt.start();
  welcome();
  sockets[0].say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  await time.pass(5001);
  sockets[0].onmessage({ data: JSON.stringify({ ch: 'chat:a', o: 1, d: {} }) });
  assert.ok(!seen.includes(1));
});

test('a poke finds a dead connection within five seconds', async () => {
  const { rt, welcome, time, last } = setUp();
  rt.start();
  welcome({ hb: 15_000 });
  await time.pass(1000);
  rt.poke();
  assert.ok('p' in last().sent.at(-1));
  await time.pass(4999);
  assert.equal(rt.state, 'live');
  await time.pass(2);
  assert.equal(rt.state, 'backoff');
});

test('what was said while the connection broke is said again under the same id, and resolves once', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  rt.subscribe('chat:a', log().handlers);
  rt.start();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  const said = rt.publish('chat:a', { text: 'hi' });
  const [first] = last().requests('pub');
  last().end();
  await time.pass(400);
  welcome({ resumed: true });
  const [second] = last().requests('pub');
  assert.equal(second.id, first.id);
  last().say({ i: second.i, ok: { ch: 'chat:a', e: 'x', o: 1, dup: true } });
  assert.equal((await said).o, 1);
});

test('in a new session a message that shows in the log is not said again', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  rt.subscribe('chat:a', log().handlers);
  rt.start();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  const said = rt.publish('chat:a', { text: 'hi' });
  const lost = rt.publish('chat:a', { text: 'there' });
  const [{ id }, other] = last().requests('pub');
  last().end();
  await time.pass(400);
  welcome({ sid: 's2' });
  assert.equal(last().requests('pub').length, 0);
  last().say(
    { sync: { ch: 'chat:a', e: 'x', o: 1, recovered: true } },
    { ch: 'chat:a', o: 1, d: { u: 's1', id, text: 'hi' } },
  );
  assert.equal((await said).o, 1);
  const again = last().requests('pub');
  assert.deepEqual(
    again.map((m) => m.id),
    [other.id],
  );
  last().say({ i: again[0].i, ok: { ch: 'chat:a', e: 'x', o: 2 } });
  assert.equal((await lost).o, 2);
});

test('a refusal is told with its wait; an unknown outcome is tried again with the same id', async () => {
  const { rt, last, welcome, time } = setUp({ nick: 'Ann' });
  rt.start();
  welcome();
  const refused = rt.publish('chat:a', { text: 'hi' });
  const [{ i }] = last().requests('pub');
  last().say({ i, err: { c: 4290, m: 'too fast', retry: [1400, 1400] } });
  await assert.rejects(refused, { code: 4290, retryMs: 1400 });

  const unknown = rt.publish('chat:a', { text: 'hi' });
  const first = last().requests('pub').at(-1);
  last().say({ i: first.i, err: { c: 5040, m: 'bus', retry: [500, 1000] } });
  await time.pass(1000);
  const second = last().requests('pub').at(-1);
  assert.equal(second.id, first.id);
  assert.notEqual(second.i, first.i);
  last().say({ i: second.i, ok: { ch: 'chat:a', e: 'x', o: 1 } });
  assert.equal((await unknown).o, 1);
});

test('a message that gets no answer for thirty seconds is given up, out loud', async () => {
  const { rt, time, welcome, last } = setUp();
  rt.start();
  welcome({ hb: 60_000 });
  const said = rt.publish('chat:a', { text: 'hi' });
  const outcome = assert.rejects(said, { code: 5040 });
  await time.pass(30_001);
  await outcome;
  assert.equal(last().requests('pub').length, 1);
});

test("the server's clock is told by the ping with the smallest error", async () => {
  const { rt, time, welcome, last } = setUp();
  rt.start();
  welcome();
  const skew = 90_000;
  const answer = async (there, back) => {
    const { p } = last()
      .sent.filter((m) => 'p' in m)
      .at(-1);
    await time.pass(there);
    const t = time.wall() + skew;
    await time.pass(back);
    last().say({ p, t });
  };
  await answer(10, 10);
  assert.equal(rt.serverNow() - time.wall(), skew);
  last().say({ hb: { t: 0 } });
  await answer(0, 400); // a worse sample, and it would say 200 ms less
  assert.equal(rt.serverNow() - time.wall(), skew);
});

test('a denied channel is not asked for again on this connection; one to be tried later is', async () => {
  const { rt, time, welcome, last } = setUp();
  const channel = rt.subscribe('count:a', {});
  const later = rt.subscribe('presence:a', {});
  rt.start();
  welcome({ hb: 60_000 });
  last().say(
    { ch: 'count:a', err: { c: 4040, m: 'no such channel' } },
    { ch: 'presence:a', err: { c: 5030, m: 'busy', retry: [100, 300] } },
  );
  assert.ok(channel.denied);
  await time.pass(1000);
  assert.deepEqual(
    last()
      .requests('sub')
      .map((m) => m.ch),
    ['presence:a'],
  );
  assert.ok(!later.denied);
});

test('a nickname that the server refuses does not keep us out', () => {
  const { rt, last } = setUp({ nick: 'x'.repeat(40) });
  rt.start();
  last().accept();
  last().say({ err: { c: 4220, m: 'nickname refused' } });
  const [first, second] = last().requests('hello');
  assert.equal(first.nick.length, 40);
  assert.equal(second.nick, undefined);
  last().say({ hello: { sid: 's1', resumed: false, now: 0, hb: 1000, win: 100 } });
  assert.equal(rt.state, 'live');
});

test('text that is no message of the protocol is not minded', () => {
  const { rt, welcome, last } = setUp();
  rt.start();
  welcome();
  for (const data of ['', '{', 'null', '[]', '"x"', '{"ch":"chat:none","o":1}', '{"i":99,"ok":{}}', '{"new":{}}'])
    last().onmessage({ data });
  assert.equal(rt.state, 'live');
});
