// Feeds by POST and tracks in the API, as programs without a WebSocket see them.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { startLevee } from '../support/levee.mjs';

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

test('the devices of a track are GeoJSON', async () => {
  const levee = await startLevee({ 'ladder.rungs': '[]' });
  try {
    const answer = await fetch(levee.adminUrl('/api/v1/tracks/guards'));
    assert.equal(answer.headers.get('content-type'), 'application/geo+json');
    assert.deepEqual(await answer.json(), { type: 'FeatureCollection', features: [] });
    assert.equal((await fetch(levee.adminUrl('/api/v1/tracks/guards/v17'))).status, 404);
  } finally {
    await levee.stop();
  }
});
