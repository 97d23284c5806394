// Tracked devices on a real server, on both buses: what devices are told, what those who watch see, and what is kept.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';

import { TrackReporter } from '../../web/client/src/index.js';
import { root, startLevee } from '../support/levee.mjs';
import { until } from '../support/processes.mjs';
import { startRedis } from '../support/redis.mjs';
import { RawClient, clientOf, kNode, onBothBuses } from '../support/realtime.mjs';

const kGate = { lat: 59.3293, lon: 18.0686 };
const kNorth = 1 / 111_195; // degrees a metre
const kSettings = { 'track.checkpoints': `[{ group = "guards", name = "gate", lat = ${kGate.lat}, lon = ${kGate.lon}, radius_m = 50 }]` };

/** A report of a device `m` metres north of the gate. */
function report(s, m, more = {}) {
  const { lat, lon } = kGate;
  return { s, t: Date.now(), lat: lat + m * kNorth, lon, acc: 6, spd: 3, hdg: 0, m: 'moving', nx: 30_000, ...more };
}

async function device(site, dev = 'v17', boot = 100) {
  const client = await RawClient.open(site.here);
  site.close(() => client.close());
  return (r, more = {}) => client.ask({ op: 'loc', ch: 'track:guards', dev, b: boot, now: Date.now(), r, ...more });
}

async function json(url) {
  const answer = await fetch(url);
  return { status: answer.status, type: answer.headers.get('content-type'), body: answer.ok ? await answer.json() : null };
}

test('a report is answered by when the next is due and why: unwatched, watched, near a checkpoint, parked, low', async (t) => {
  await onBothBuses(t, async (site) => {
    const loc = await device(site);
    const told = async (...args) => {
      const { ok } = await loc([report(...args)]);
      return [ok.why, ok.next];
    };
    const unwatched = await loc([report(1, 5000)]);
    assert.deepEqual([unwatched.ok.ack, unwatched.ok.why, unwatched.ok.next, unwatched.ok.rate.e], [1, 'unwatched', 26_666, 80]);

    clientOf(site.there, site.close).channel('track:guards');
    let s = 1;
    await until('its watcher is known here', async () => (await told(++s, 5000))[0] === 'watched');
    assert.deepEqual(await told(++s, 5000), ['moving', 6666]);
    assert.deepEqual(await told(++s, 100), ['checkpoint gate', 5000]);
    assert.deepEqual(await told(++s, 100, { m: 'parked', spd: 0 }), ['parked', 300_000]);
    assert.equal((await told(++s, 5000))[0], 'started');
    assert.deepEqual(await told(++s, 5000, { bat: 15, spd: 1 }), ['battery', 60_000]);
  }, kSettings);
});

test('a backlog extends the trail, and never becomes the present', async (t) => {
  await onBothBuses(t, async (site) => {
    const loc = await device(site);
    const track = clientOf(site.there, site.close).channel('track:guards');
    const v17 = track.device('v17');
    const then = Date.now() - 60_000;
    await loc([report(9, 900)], { from: 7 });
    await until('it is live', () => v17.state === 'live' && v17.q[1] === 9);
    const late = await loc([report(8, 800, { t: then + 10_000 }), report(7, 700, { t: then })], { from: 7, bf: 1 });
    assert.equal(late.ok.ack, 9);
    const changes = [];
    track.on('change', ({ q }) => changes.push(q[1]));
    await loc([report(8, 800, { t: then + 10_000 })]); // not even when it is not called one
    await loc([report(10, 1000)]);
    await until('the next is here', () => v17.q[1] === 10);
    assert.deepEqual([...new Set(changes)], [10]);
    assert.ok(Math.abs(v17.position.lat - (kGate.lat + 1000 * kNorth)) < 1e-6);

    for (const node of [site.here, site.there]) {
      const trail = await json(node.url('/api/v1/tracks/guards/v17'));
      assert.deepEqual([trail.status, trail.type], [200, 'application/geo+json']);
      const { geometry, properties } = trail.body;
      assert.equal(geometry.type, 'LineString');
      const metres = geometry.coordinates.map(([, lat]) => Math.round((lat - kGate.lat) / kNorth));
      assert.deepEqual(metres, [700, 800, 900, 1000]);
      assert.deepEqual([...properties.times].sort((a, b) => a - b), properties.times);
      assert.equal(properties.state, 'live');

      const group = await json(node.adminUrl('/api/v1/tracks/guards'));
      assert.equal(group.body.features.length, 1);
      assert.equal(group.body.features[0].properties.device, 'v17');
      assert.equal((await json(node.adminUrl('/api/v1/tracks/guards/v17'))).body.properties.times.length, 4);
      assert.deepEqual((await json(node.adminUrl('/api/v1/tracks/nobody'))).body.features, []);
      assert.equal((await json(node.url('/api/v1/tracks/guards/v18'))).status, 404);
    }
    assert.equal(await site.here.metric('levee_track_backlog_total'), 2);
  });
});

/** The trail of v17 as a node tells it: how many metres north of the gate it was, oldest first. */
async function trailAt(node) {
  const { status, body } = await json(node.url('/api/v1/tracks/guards/v17'));
  assert.equal(status, 200);
  const { type, coordinates } = body.geometry;
  return (type === 'Point' ? [coordinates] : coordinates).map(([, lat]) => Math.round((lat - kGate.lat) / kNorth));
}

test('a trail outlives the node that its device reported to, and what was stored meanwhile extends it once', async (t) => {
  const ends = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const redis = await startRedis();
  ends.push(() => redis.stop());
  const node = async () => {
    const levee = await startLevee({ 'ladder.rungs': '[]', 'bus.redis_url': redis.url, ...kSettings });
    ends.push(() => levee.program.kill());
    return levee;
  };
  const [dying, there] = [await node(), await node()];
  const say = async (levee) => {
    const client = await RawClient.open(levee);
    ends.push(() => client.close());
    return (r, more = {}) => client.ask({ op: 'loc', ch: 'track:guards', dev: 'v17', b: 100, now: Date.now(), r, ...more });
  };
  const start = Date.now() - 60_000;
  const at = (s) => report(s, 100 * s, { t: start + 1000 * s });

  const first = await say(dying);
  assert.equal((await first([at(1), at(2)])).ok.ack, 2);
  assert.deepEqual(await trailAt(there), [100, 200]);
  assert.deepEqual(await trailAt(dying), [100, 200]);
  const times = (await json(dying.url('/api/v1/tracks/guards/v17'))).body.properties.times;

  await dying.program.kill();
  assert.deepEqual(await trailAt(there), [100, 200]);
  assert.deepEqual((await json(there.url('/api/v1/tracks/guards/v17'))).body.properties.times, times);
  const group = (await json(there.adminUrl('/api/v1/tracks/guards'))).body;
  assert.deepEqual(group.features.map(({ id }) => id), ['v17']);

  // Offline it went on; it comes back to the other node, newest first, and an answer that was lost has it say all once more.
  const back = await say(there);
  assert.equal((await back([at(9)], { from: 3 })).ok.why, 'unwatched');
  assert.deepEqual(await trailAt(there), [100, 200, 900]);
  const stored = [at(6), at(3), at(8), at(4)];
  for (const batch of [stored, stored, [...stored, at(5), at(2), at(7)]]) await back(batch, { from: 3, bf: 1 });
  assert.deepEqual(await trailAt(there), [100, 200, 300, 400, 500, 600, 700, 800, 900]);
  const trail = (await json(there.url('/api/v1/tracks/guards/v17'))).body.properties;
  assert.equal(trail.time_ms, trail.times.at(-1), 'what was stored is the past');

  const third = await node();
  assert.deepEqual(await trailAt(third), await trailAt(there));
  assert.equal((await json(third.url('/api/v1/tracks/guards/v17'))).body.properties.time_ms, trail.time_ms);
});

test('while the bus is down a trail is refused, and a report is to be told again', async (t) => {
  const redis = await startRedis();
  const levee = await startLevee({ 'ladder.rungs': '[]', 'bus.redis_url': redis.url });
  const client = await RawClient.open(levee);
  t.after(async () => {
    client.close();
    await levee.stop();
  });
  const loc = (r) => client.ask({ op: 'loc', ch: 'track:guards', dev: 'v17', b: 100, now: Date.now(), r });
  await loc([report(1, 100)]);
  assert.deepEqual(await trailAt(levee), [100]);
  await redis.stop();
  await until('the node knows', async () => (await json(levee.url('/api/v1/tracks/guards/v17'))).status === 503);
  assert.equal((await json(levee.adminUrl('/api/v1/tracks/guards'))).status, 503);
  const { err } = await loc([report(2, 200)]);
  assert.equal(err.c, 5030);
  assert.equal(err.retry.length, 2);
});

test('silence is judged by the promise, and a clock that is wrong makes no position new', async (t) => {
  await onBothBuses(t, async (site) => {
    const loc = await device(site);
    const v17 = clientOf(site.there, site.close).channel('track:guards').device('v17');
    const wrong = Date.now() + 3_600_000;
    await loc([report(1, 0, { t: wrong - 2000, nx: 8000 })], { now: wrong });
    await until('it is seen', () => v17.state === 'live');
    assert.ok(v17.ageMs >= 2000 && v17.ageMs < 8000, `${v17.ageMs}`);
    await until('its promise is broken', () => v17.state === 'aging');
    assert.equal(v17.position, undefined);
    const expected = 6 + 3 * (v17.ageMs / 1000) + 1.5 * (v17.ageMs / 1000 - 8);
    assert.ok(Math.abs(v17.radius - expected) < 1, `${v17.radius}, expected ${expected}`);
    const { properties } = (await json(site.here.url('/api/v1/tracks/guards/v17'))).body;
    assert.equal(properties.state, 'aging');
    assert.ok(Math.abs(properties.radius_m - v17.radius) < 3, `${properties.radius_m} and ${v17.radius}`);
  });
});

test("a device with levee-client reports as often as it is told, and its map's page is served", async (t) => {
  await onBothBuses(t, async (site) => {
    const rt = clientOf(site.here, site.close);
    let onFix;
    const locator = { watch: (f) => ((onFix = f), () => {}) };
    const reporter = new TrackReporter(rt, { group: 'guards', device: 'walker', locator, env: kNode });
    const answers = [];
    reporter.on('answer', (answer) => answers.push(answer));
    reporter.on('refused', (error) => assert.fail(error.message));
    reporter.start();
    const watched = clientOf(site.there, site.close).channel('track:guards').device('walker');
    let m = 600;
    const walk = setInterval(() => onFix({ lat: kGate.lat + (m -= 2) * kNorth, lon: kGate.lon, t: Date.now(), acc: 5, spd: 20, hdg: 180 }), 100);
    site.close(() => clearInterval(walk));
    await until('its position is seen', () => watched.state === 'live');
    await until('it is told that it is near', () => answers.some(({ why }) => why === 'checkpoint gate'), { seconds: 20 });
    const at = answers.length;
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.ok(answers.length - at >= 4 && answers.length - at <= 7, `${answers.length - at} reports in 5 s`);
    assert.equal(reporter.backlog.size, 0);
    reporter.stop();

    for (const page of ['/map/guards', '/watch/room?feed=fx']) {
      const answer = await fetch(site.here.url(page));
      assert.equal(answer.status, 200, page);
      assert.match(await answer.text(), /<!doctype html>/i);
    }
  }, { ...kSettings, 'http.web_root': path.join(root, 'web') });
});
