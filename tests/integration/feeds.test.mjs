// Feeds on a real server, by POST and over WebSockets, on both buses; who watches is levee-client.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { startLevee } from '../support/levee.mjs';
import { until } from '../support/processes.mjs';
import { FeedSource, RawClient, clientOf, flushRedis, onBothBuses } from '../support/realtime.mjs';

const kKey = 'EURUSD';

/** Posts records; gives the status and the answer. */
async function post(levee, name, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(levee.url(`/api/v1/feeds/${name}`), { method: 'POST', body: text, headers });
  return { status: answer.status, ...(await answer.json()) };
}

test('records are taken once, and never from a source that started earlier', async () => {
  const levee = await startLevee({ 'ladder.rungs': '[]' });
  try {
    const tick = (s) => ({ k: 'EURUSD', s, ttl: 4000, d: { b: 1.08 } });
    assert.deepEqual(await post(levee, 'fx', { e: 100, r: [tick(1), tick(2)] }), { status: 200, ch: 'feed:fx', taken: 2, old: 0 });
    assert.deepEqual(await post(levee, 'fx', { e: 100, r: [tick(2)] }), { status: 200, ch: 'feed:fx', taken: 0, old: 1 });
    const earlier = await post(levee, 'fx', { e: 99, r: [tick(3)] });
    assert.equal(earlier.status, 409);
    assert.equal(earlier.err.c, 4091);
    assert.equal((await post(levee, 'fx', 'nonsense')).status, 400);
    assert.equal((await post(levee, 'fx', { e: 100, r: [{ k: 'a b', s: 1, d: {} }] })).status, 400);
    assert.ok((await levee.metric('levee_feed_records_total')) >= 3);
  } finally {
    await levee.stop();
  }
});

test('a body that comes in pieces is one, and a larger one than allowed is refused', async () => {
  const levee = await startLevee({ 'ladder.rungs': '[]' });
  try {
    const body = JSON.stringify({ e: 1, r: [{ k: 'A', s: 1, d: {} }] });
    const status = await new Promise((resolve, reject) => {
      const request = http.request(levee.url('/api/v1/feeds/slow'), { method: 'POST', headers: { 'Content-Length': body.length } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      request.on('error', reject);
      request.write(body.slice(0, 10));
      setTimeout(() => request.end(body.slice(10)), 200);
    });
    assert.equal(status, 200);
    const large = await fetch(levee.url('/api/v1/feeds/fx'), { method: 'POST', body: 'x'.repeat(70_000) }).catch(() => ({ status: 'closed' }));
    assert.notEqual(large.status, 200);
    const elsewhere = await fetch(levee.url('/api/v1/live'), { method: 'POST', body: 'x' }).catch(() => ({ status: 'closed' }));
    assert.notEqual(elsewhere.status, 200);
  } finally {
    await levee.stop();
  }
});

test('nobody publishes without a right to', async () => {
  const levee = await startLevee({ 'ladder.rungs': '[]', 'publish.open': false });
  try {
    assert.equal((await post(levee, 'fx', { e: 1, r: [{ k: 'A', s: 1, d: {} }] })).status, 401);
    assert.equal((await post(levee, 'fx', { e: 1, r: [{ k: 'A', s: 1, d: {} }] }, { Authorization: 'Bearer x.y.z' })).status, 401);
  } finally {
    await levee.stop();
  }
});

/** A source that has said all it has, and the quote as who watches the other node sees it. */
async function priced({ here, there, close }, more = {}) {
  const source = await FeedSource.begin(here, 'fx', 100);
  close(() => source.cut());
  const rt = clientOf(there, close, { nick: 'Ann' });
  const feed = rt.channel('feed:fx');
  await source.tick(kKey, 1, { b: 10 }, more);
  source.synced();
  const quote = feed.quote(kKey);
  await until('the price is live', () => quote.state === 'live');
  return { source, rt, feed, quote };
}

test('a price is live while its source vouches for it, and says why when it is not', async (t) => {
  await onBothBuses(t, async (site) => {
    const { source, quote } = await priced(site, { ttl: 1500 });
    assert.deepEqual(quote.value, { b: 10 });
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      source.alive();
      assert.equal(quote.state, 'live', quote.why);
    }
    await until('its silence is told', () => quote.state === 'stale' && quote.why === 'silent');
    assert.deepEqual([quote.value, quote.last], [undefined, { b: 10 }]);
    assert.deepEqual((await source.tick(kKey, 2, { b: 11 })).ok, { ch: 'feed:fx', taken: 1, old: 0 });
    await until('it is live again', () => quote.state === 'live' && quote.value.b === 11);
    assert.equal((await source.tick(kKey, 2, { b: 99 })).ok.old, 1);

    source.cut();
    await until('its source is gone', () => quote.why === 'gone', { seconds: 2 });
    const back = await FeedSource.begin(site.there, 'fx', 101);
    site.close(() => back.cut());
    assert.deepEqual(back.opened.ok.keys, { [kKey]: [100, 2] });
    await until('its source is back and has said nothing yet', () => quote.why === 'resync');
    await back.tick(kKey, 1, { b: 12 });
    assert.equal(quote.state, 'stale', 'not before it has said all it has');
    back.synced();
    await until('it is live again', () => quote.state === 'live' && quote.value.b === 12);
    assert.deepEqual(quote.q, [101, 1]);
  });
});

test('an act is accepted once and logged with what the person saw; on a stale quote it is refused', async (t) => {
  await onBothBuses(t, async (site) => {
    const { source, rt, feed, quote } = await priced(site, { ttl: 60_000 });
    const { seen } = quote;
    const ask = (id, q) => rt.request({ op: 'act', ch: 'feed:fx', id, k: kKey, q, d: { side: 'buy' } });
    const accepted = await feed.act(seen, { side: 'buy' }, { id: 'order-1' });
    assert.deepEqual(accepted.q, [100, 1]);
    const line = await site.there.program.line(/act accepted .*/);
    for (const part of ['channel=feed:fx', 'id=order-1', `key=${kKey}`, 'q=100/1', '"b', 'side'])
      assert.ok(line[0].includes(part), `${part} in ${line[0]}`);

    await source.tick(kKey, 2, { b: 11 }, { ttl: 60_000 });
    await until('the newer price is here', () => quote.q[1] === 2);
    assert.ok((await ask('order-2', [100, 1])).q, 'it was on its way when the newer one came');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const refused = async (promise) => {
      const error = await promise.then(() => assert.fail('accepted'), (e) => e);
      return [error.code, error.why, error.q];
    };
    assert.deepEqual(await refused(feed.act(seen, {}, { id: 'order-3' })), [4090, 'superseded', [100, 2]]);
    assert.deepEqual((await refused(ask('order-4', [100, 3]))).slice(0, 2), [4090, 'unknown']);

    source.cut();
    await until('its source is gone', () => quote.why === 'gone');
    assert.deepEqual((await refused(ask('order-5', [100, 2]))).slice(0, 2), [4090, 'stale']);
    assert.deepEqual(await ask('order-1', [100, 1]), { ch: 'feed:fx', id: 'order-1', dup: true });
    const lines = site.there.program.lines.filter((each) => each.includes('act accepted'));
    assert.equal(lines.length, 2);
    assert.equal(await site.there.metric('levee_feed_acts_total'), 5);
  }, { 'feed.quote_life_ms': 2000 });
});

test('who comes back is given what changed meanwhile, and nothing else', async (t) => {
  await onBothBuses(t, async (site) => {
    const { source } = await priced(site, { ttl: 60_000 });
    await source.tick('XAUUSD', 1, { b: 2600 }, { ttl: 60_000 });
    const sub = { op: 'sub', ch: 'feed:fx' };
    const first = await RawClient.open(site.there);
    const { ok } = await first.ask(sub);
    assert.ok(ok.n >= 1 && ok.hb === 1000, JSON.stringify(ok));
    const whole = await first.seen(({ sync }) => sync);
    assert.equal(whole.sync.n, undefined);
    await first.seen(({ hb }) => hb?.top?.['feed:fx']);
    first.cut();
    await source.tick('XAUUSD', 2, { b: 2601 }, { ttl: 60_000 });

    const again = await RawClient.open(site.there, { subs: [{ ch: 'feed:fx', pos: { e: whole.sync.e, o: whole.sync.o } }] });
    const begun = await again.seen(({ sync }) => sync?.n !== undefined);
    assert.equal(begun.sync.recovered, true);
    await again.seen(({ r }) => r?.some(({ k, q }) => k === 'XAUUSD' && q?.[1] === 2));
    const told = again.take().flatMap(({ r = [] }) => r.map(({ k }) => k));
    assert.ok(!told.includes(kKey), `${told}`);
    again.close();
  });
});

test('a feed that Redis lost is stale, and its source is told to say all again', async (t) => {
  await onBothBuses(t, async (site) => {
    if (!site.redis) return; // the memory bus loses nothing while it lives
    const { source, quote } = await priced(site, { ttl: 60_000 });
    await flushRedis(site.redis);
    const refusal = await until('the source is told', async () => (await source.tick(kKey, 2, { b: 11 }, { ttl: 60_000 })).err);
    assert.equal(refusal.c, 4092);
    await until('it is stale', () => quote.state === 'stale');
    await source.begin(100);
    await source.tick(kKey, 3, { b: 12 }, { ttl: 60_000 });
    assert.equal(quote.state, 'stale');
    source.synced();
    await until('it is live again', () => quote.state === 'live' && quote.value.b === 12);
  });
});
