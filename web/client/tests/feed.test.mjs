import assert from 'node:assert/strict';
import test from 'node:test';

import { settle } from '../../tests/virtual_time.mjs';
import { setUp } from './harness.mjs';

const kKey = 'EURUSD';

/** A feed that is live with one quote; `push` sends a record more. */
function setUpFeed() {
  const at = setUp({ nick: 'Ann' });
  const feed = at.rt.channel('feed:fx');
  at.rt.connect();
  at.welcome();
  const quote = (s, more = {}) => ({ k: kKey, q: [1, s], t: at.time.wall(), ttl: 4000, d: { n: s }, ...more });
  let o = 10;
  const snapshot = (records, { e = 'x', recovered = false } = {}) => {
    o = 10;
    at.last().say({ sync: { ch: 'feed:fx', e, o, recovered, n: records.length, hb: 1000 } });
    if (records.length) at.last().say({ ch: 'feed:fx', o, s: 1, r: records });
    at.last().say({ sync: { ch: 'feed:fx', e, o, recovered } });
  };
  const push = (...r) => at.last().say({ ch: 'feed:fx', o: o + 1, p: o++, r });
  const beat = (more = {}) => at.last().say({ hb: { t: at.time.wall(), ...more } });
  return { ...at, feed, quote, snapshot, push, beat };
}

test('a quote has a value only while it is live; after that it has a last one, an age and a reason', async () => {
  const { feed, quote, snapshot, time, last } = setUpFeed();
  const shown = feed.quote(kKey);
  assert.deepEqual([shown.state, shown.value, shown.last], ['none', undefined, undefined]);
  snapshot([quote(1)]);
  assert.deepEqual([shown.state, shown.value, shown.last, shown.why], ['live', { n: 1 }, undefined, null]);
  last().end();
  assert.deepEqual([shown.state, shown.value, shown.last, shown.why], ['stale', undefined, { n: 1 }, 'offline']);
  await time.pass(100);
  assert.ok(Math.abs(shown.ageMs - 100) <= 1, `${shown.ageMs}`);
});

test('nothing of a feed is live before the end of its snapshot', () => {
  const { feed, quote, time, last } = setUpFeed();
  last().say({ sync: { ch: 'feed:fx', e: 'x', o: 3, recovered: false, n: 1, hb: 1000 } });
  last().say({ ch: 'feed:fx', o: 3, s: 1, r: [quote(1)] });
  assert.deepEqual([feed.quote(kKey).state, feed.quote(kKey).why], ['stale', 'resyncing']);
  last().say({ sync: { ch: 'feed:fx', e: 'x', o: 3, recovered: false } });
  assert.equal(feed.quote(kKey).state, 'live');
  assert.equal(time.now(), 0);
});

test('an answer and what follows it may come in one piece', async () => {
  const { rt, quote, beat, last } = setUpFeed();
  const other = rt.channel('feed:other');
  const [{ i }] = last().requests('sub');
  last().say(
    { i, ok: { ch: 'feed:other', e: 'x', o: 3, recovered: false, n: 1, hb: 1000 } },
    { ch: 'feed:other', o: 3, s: 1, r: [quote(1)] },
    { sync: { ch: 'feed:other', e: 'x', o: 3, recovered: false } },
  );
  await settle();
  beat();
  assert.equal(other.quote(kKey).state, 'live');
});

test('a quote goes stale by itself: by silence, by its age, by what the server says of it', async () => {
  const { feed, quote, snapshot, push, beat, time } = setUpFeed();
  const told = [];
  feed.on('change', ({ state, why }) => told.push(`${state} ${why}`));
  snapshot([quote(1, { ttl: 60_000 })]);
  push({ k: kKey, x: 'silent' });
  push({ k: kKey });
  await time.pass(2751);
  assert.deepEqual(told, ['stale resyncing', 'live null', 'stale silent', 'live null', 'stale unheard']);
  beat();
  push(quote(2, { ttl: 1000 }));
  told.length = 0;
  await time.pass(1300);
  assert.deepEqual(told, ['stale old']);
});

test('what one message changed of many keys comes in pieces: the last one moves the position', () => {
  const { feed, quote, snapshot, last } = setUpFeed();
  snapshot([quote(1), quote(1, { k: 'XAUUSD', x: 'resync' })]);
  last().say({ ch: 'feed:fx', o: 10, p: 10, r: [{ k: kKey, x: 'gone' }] });
  assert.deepEqual([feed.quote(kKey).why, feed.offset], ['gone', 10]);
  last().say({ ch: 'feed:fx', o: 11, p: 10, r: [{ k: 'XAUUSD' }] });
  assert.deepEqual([feed.quote('XAUUSD').state, feed.offset], ['live', 11]);
  last().say({ ch: 'feed:fx', o: 10, p: 10, r: [{ k: kKey }] });
  assert.equal(feed.quote(kKey).why, 'gone', 'it is past that');
});

test('a quiet price stays live while its publisher vouches for it, and its age goes on', async () => {
  const { feed, quote, snapshot, beat, time, last } = setUpFeed();
  snapshot([quote(1)]);
  for (let i = 0; i < 6; i++) {
    await time.pass(1000);
    beat();
    last().say({ ch: 'feed:fx', o: 11 + i, p: 10 + i, v: time.wall(), r: [] });
  }
  const { state, ageMs } = feed.quote(kKey);
  assert.ok(state === 'live' && Math.abs(ageMs - 6000) < 5, `${state} ${ageMs}`);
});

test('an older record never replaces a newer one, and what the server forgot is not live', () => {
  const { feed, quote, snapshot, push } = setUpFeed();
  snapshot([quote(5)]);
  push(quote(4));
  assert.deepEqual([feed.quote(kKey).q, feed.quote(kKey).state, feed.quote(kKey).why], [[1, 5], 'stale', 'unknown']);
  push(quote(6));
  assert.deepEqual(feed.quote(kKey).value, { n: 6 });
  snapshot([], { e: 'y' });
  assert.deepEqual([feed.quote(kKey).q, feed.quote(kKey).last, feed.quote(kKey).why], [[1, 6], { n: 6 }, 'unknown']);
});

test('a hole, another epoch, and an end that is ahead are found, and the feed is asked for again', async () => {
  for (const trouble of ['hole', 'epoch', 'top']) {
    const { feed, quote, snapshot, beat, time, last } = setUpFeed();
    snapshot([quote(1, { ttl: 60_000 })]);
    if (trouble === 'hole') last().say({ ch: 'feed:fx', o: 13, p: 12, r: [] });
    if (trouble === 'epoch') beat({ top: { 'feed:fx': ['z', 10] } });
    if (trouble === 'top') {
      beat({ top: { 'feed:fx': ['x', 12] } });
      await time.pass(900);
      assert.equal(feed.quote(kKey).state, 'live');
      beat();
      await time.pass(250);
    }
    assert.deepEqual(
      last()
        .requests('sub')
        .map(({ ch, pos }) => [ch, pos]),
      [['feed:fx', { e: 'x', o: 10 }]],
      trouble,
    );
    assert.equal(feed.quote(kKey).state, 'stale', trouble);
  }
});

test('a snapshot that was long under way is not taken for new: the next heartbeat tells', () => {
  const { feed, quote, beat, last } = setUpFeed();
  last().say({ sync: { ch: 'feed:fx', e: 'x', o: 3, recovered: false, n: 1, hb: 1000 } });
  beat();
  last().say({ ch: 'feed:fx', o: 3, s: 1, r: [quote(1)] }, { sync: { ch: 'feed:fx', e: 'x', o: 3, recovered: false } });
  assert.equal(feed.quote(kKey).state, 'stale');
  beat({ top: { 'feed:fx': ['x', 3] } });
  assert.equal(feed.quote(kKey).state, 'live');
});

test('an act names what was seen; on what is stale the server is not even asked', async () => {
  const { feed, quote, snapshot, push, last } = setUpFeed();
  snapshot([quote(1)]);
  const { seen } = feed.quote(kKey);
  assert.ok(Object.isFrozen(seen));
  push(quote(2));
  const act = feed.act(seen, { side: 'buy' }, { id: 'order-1' });
  const [{ i, ...asked }] = last().requests('act');
  assert.deepEqual(asked, { op: 'act', ch: 'feed:fx', id: 'order-1', k: kKey, q: [1, 1], d: { side: 'buy' } });
  last().say({ i, err: { c: 4090, m: 'stale quote', why: 'superseded', q: [1, 2] } });
  await assert.rejects(act, { code: 4090, why: 'superseded', q: [1, 2] });
  push({ k: kKey, x: 'gone' });
  await assert.rejects(feed.act(feed.quote(kKey).seen, {}), { code: 4090, why: 'stale' });
  await assert.rejects(feed.act(feed.quote('NONE').seen, {}), { code: 4090 });
  assert.equal(last().requests('act').length, 1);
  await settle();
});

test('a device is judged by its promise, and its radius grows with age, the faster once that is broken', async () => {
  const { rt, time, welcome, last } = setUp();
  const track = rt.channel('track:g');
  rt.connect();
  welcome();
  const say = (...messages) => last().say(...messages);
  say({ sync: { ch: 'track:g', e: 'x', o: 1, recovered: false, n: 1, hb: 5000 } });
  const d = { lat: 59, lon: 18, acc: 5, spd: 4 };
  say({ ch: 'track:g', o: 1, s: 1, r: [{ k: 'v1', q: [1, 1], t: time.wall(), ttl: 5000, d }] });
  say({ sync: { ch: 'track:g', e: 'x', o: 1, recovered: false } });
  const device = track.device('v1');
  assert.equal(Math.round(device.radius), 5);
  const states = [];
  for (let s = 0; s < 24; s++) {
    states.push(device.state);
    await time.pass(1000);
    say({ hb: { t: time.wall() } });
  }
  assert.deepEqual([...new Set(states)], ['live', 'aging', 'stale']);
  assert.deepEqual([states.indexOf('aging'), states.indexOf('stale')], [5, 20]);
  assert.deepEqual([device.position, device.last.lat, Math.round(device.radius)], [undefined, 59, 130]);
  say({ ch: 'track:g', o: 2, p: 1, r: [{ k: 'v1', q: [1, 2], t: time.wall(), ttl: 0, d }] });
  assert.deepEqual([device.state, device.promise], ['live', 60_000]);
});
