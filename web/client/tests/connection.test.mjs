import assert from 'node:assert/strict';
import test from 'node:test';

import { follow, setUp } from './harness.mjs';

test('silence for 2.5 heartbeats is stale, for 5 it is a lost connection', async () => {
  const { rt, last, welcome, time, sockets } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  await time.pass(2500);
  assert.equal(rt.state, 'live');
  await time.pass(250);
  assert.equal(rt.state, 'stale');
  assert.deepEqual(seen, ['reset', 'live', 'not live']);
  last().say({ hb: { t: time.wall(), win: 300 } });
  assert.equal(rt.state, 'live');
  assert.deepEqual(seen, ['reset', 'live', 'not live', 'live']);
  await time.pass(5250);
  assert.ok(['backoff', 'connecting'].includes(rt.state), rt.state);
  assert.equal(sockets[0].readyState, 3);
});

test('slow heartbeats are asked for, and a dead connection is then found by a request without an answer', async () => {
  const { rt, last, welcome, time } = setUp({ heartbeatMs: 60_000 });
  rt.connect();
  welcome({ hb: 60_000 });
  assert.equal(last().sent[0].hb, 60_000);
  await time.pass(59_000);
  last().say({ hb: { t: time.wall(), win: 300 } });
  assert.equal(rt.state, 'live');
  const [{ p }] = last().sent.filter((message) => 'p' in message).slice(-1);
  last().say({ p, t: time.wall() });
  const pings = last().sent.filter((message) => 'p' in message).length;
  await time.pass(60_000);
  assert.equal(last().sent.filter((message) => 'p' in message).length, pings, 'nothing is said in between');
  const asked = rt.request({ op: 'me', nick: 'Ann' }).catch((error) => error);
  await time.pass(10_500);
  assert.ok(['backoff', 'connecting'].includes(rt.state), rt.state);
  assert.equal((await asked).code, 0);
});

test("the first wait is drawn from the server's window, later ones grow with full jitter", async () => {
  const { rt, last, welcome, time } = setUp();
  const waits = [];
  rt.on('state', () => rt.state === 'backoff' && waits.push(rt.retryAt - time.now()));
  rt.connect();
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
  rt.connect();
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
    rt.connect();
    welcome();
    if (how === 'bye') last().say({ bye: { c: 1012, retry: [1000, 3000] } });
    last().end(1012, how === 'reason' ? 'retry=1000-3000' : '');
    assert.equal(rt.retryAt - time.now(), 2000, how);
  }
});

test('a client that is told that it will not work stays away', async () => {
  const { rt, last, welcome, time, sockets } = setUp();
  rt.connect();
  welcome();
  last().end(4501);
  await time.pass(100_000);
  assert.equal(rt.state, 'failed');
  assert.equal(sockets.length, 1);
});

test('a server that does not say hello is given up after ten seconds', async () => {
  const { rt, last, time, sockets } = setUp();
  rt.connect();
  last().accept();
  await time.pass(9999);
  assert.equal(rt.state, 'greeting');
  await time.pass(2000);
  assert.ok(sockets.length > 1);
});

test('frames of a dropped connection are not heard', async () => {
  const { rt, sockets, welcome, time } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  sockets[0].say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  await time.pass(5001);
  sockets[0].onmessage({ data: JSON.stringify({ ch: 'chat:a', o: 1, d: {} }) });
  assert.ok(!seen.includes(1));
});

test('a page that is seen again asks whether the connection still works, and gives it five seconds', async () => {
  const { rt, welcome, time, last, world } = setUp();
  rt.connect();
  welcome({ hb: 15_000 });
  await time.pass(1000);
  world.changed();
  assert.ok('p' in last().sent.at(-1));
  await time.pass(4750);
  assert.equal(rt.state, 'live');
  await time.pass(500);
  assert.ok(['backoff', 'connecting'].includes(rt.state), rt.state);
});

test('without a network, or unseen for a minute, nothing is tried until that changes', async () => {
  for (const what of ['online', 'visible']) {
    const { rt, welcome, time, last, world, sockets } = setUp();
    rt.connect();
    welcome();
    world[what] = false;
    world.changed();
    await time.pass(61_000); // what is silent for so long is lost, and tried again while the minute lasts
    const tried = sockets.length;
    await time.pass(600_000);
    assert.equal(rt.state, 'suspended', what);
    assert.ok(sockets.length <= tried + 1, what);
    const before = sockets.length;
    world[what] = true;
    world.changed();
    await time.pass(1000);
    assert.equal(sockets.length, before + 1, what);
    assert.equal(last().readyState, 0);
  }
});

test('losing the network makes everything stale at once, before the socket knows', async () => {
  const { rt, welcome, last, world } = setUp();
  const seen = follow(rt, 'chat:a');
  rt.connect();
  welcome();
  last().say({ sync: { ch: 'chat:a', e: 'x', o: 0, recovered: false } });
  world.online = false;
  world.changed();
  assert.equal(rt.state, 'stale');
  assert.deepEqual(seen, ['reset', 'live', 'not live']);
});

test('a page in the background asks for the time less often, and says so', async () => {
  const { rt, welcome, last, time, world } = setUp();
  rt.connect();
  welcome();
  world.visible = false;
  world.changed();
  assert.equal(rt.pace, 'background');
  assert.equal(last().sent.at(-1).bg, 1);
  const before = last().sent.length;
  for (let i = 0; i < 10; i++) {
    await time.pass(1000);
    last().say({ hb: { t: time.wall() } });
  }
  assert.equal(last().sent.length - before, 2);
  assert.equal(rt.state, 'live');
});

test('a device that slept believes nothing until the server answers', async () => {
  const { rt, welcome, last, time } = setUp();
  rt.connect();
  welcome({ hb: 15_000 });
  await time.pass(100);
  assert.equal(rt.state, 'live');
  time.sleep(60_000); // our clock stands still, the wall clock does not
  await time.pass(250);
  assert.equal(rt.state, 'stale');
  last().say({ hb: { t: time.wall() } });
  assert.equal(rt.state, 'stale');
  last().say({ p: 0, t: time.wall() - 60_000 }); // an answer from before the sleep
  assert.equal(rt.state, 'stale');
  last().say({ p: time.now(), t: time.wall() });
  assert.equal(rt.state, 'live');
});

test("the server's clock is told by all pings together, and the error with it", async () => {
  const { rt, time, welcome, last } = setUp();
  rt.connect();
  const skew = 90_000;
  await time.pass(100);
  welcome({ now: time.wall() + skew });
  const ping = () =>
    last()
      .sent.filter((m) => 'p' in m)
      .at(-1).p;
  const apart = () => rt.serverClock.now - time.wall();
  const answer = async (there, back) => {
    const p = ping();
    await time.pass(there);
    const t = time.wall() + skew;
    await time.pass(back);
    last().say({ p, t });
  };
  await answer(10, 10);
  assert.ok(Math.abs(apart() - skew) < 2 && rt.serverClock.error < 2, `${apart()} ${rt.serverClock.error}`);
  last().say({ hb: { t: time.wall() + skew } });
  await answer(0, 400); // a worse sample, and its middle would say 200 ms less
  assert.ok(Math.abs(apart() - skew) < 2, `${apart()}`);
});

test('a busy server is asked again on the same connection, after the time it gave', async () => {
  const { rt, last, time, sockets } = setUp();
  rt.connect();
  last().accept();
  last().say({ err: { c: 5031, m: 'busy', retry: [800, 3000] } });
  await time.pass(1899);
  assert.equal(last().requests('hello').length, 1);
  await time.pass(2);
  assert.equal(last().requests('hello').length, 2);
  last().say({ hello: { sid: 's1', resumed: false, now: time.wall(), hb: 1000, win: 100 } });
  assert.deepEqual([rt.state, sockets.length], ['live', 1]);
});

test('a refused token is replaced where that can be done, and given up otherwise; the connection goes on', () => {
  let made = 0;
  for (const token of ['old', () => `new ${++made}`]) {
    const { rt, last, time } = setUp({ token });
    const refusals = [];
    rt.on('refused', ({ code }) => refusals.push(code));
    rt.connect();
    last().accept();
    last().say({ err: { c: 4011, m: 'token' } });
    const tokens = last()
      .requests('hello')
      .map((hello) => hello.token);
    assert.deepEqual(tokens, token === 'old' ? ['old', undefined] : ['new 1', 'new 2']);
    last().say({ hello: { sid: 's1', u: 'ann', role: 'moderator', resumed: false, now: time.wall(), hb: 1000 } });
    assert.deepEqual([rt.state, rt.me, refusals], ['live', { u: 'ann', role: 'moderator' }, [4011]]);
  }
});

test('heartbeats that a feed asked for make silence known sooner, until it is left', async () => {
  const { rt, last, time } = setUp();
  const feed = rt.channel('feed:fx');
  rt.connect();
  last().accept();
  last().say({ hello: { sid: 's1', resumed: false, now: time.wall(), hb: 15_000, win: 100 } });
  last().say({ sync: { ch: 'feed:fx', e: 'x', o: 0, recovered: false, n: 0, hb: 1000 } });
  last().say({ sync: { ch: 'feed:fx', e: 'x', o: 0, recovered: false } });
  await time.pass(2750);
  assert.equal(rt.state, 'stale');
  feed.leave();
  assert.deepEqual([rt.state, feed.state], ['live', 'off']);
  assert.equal(last().requests('unsub').length, 1);
});
