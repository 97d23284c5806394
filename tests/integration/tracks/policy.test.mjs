// The rate policy of tracked devices on made traces: the client library against the server's engine, in virtual time.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { aims } from '../../../loadtest/tracks/aims.mjs';
import { measure } from '../../../loadtest/tracks/figures.mjs';
import { every, timeDistanceTurn } from '../../../loadtest/tracks/rules.mjs';
import { kKinds, makeTrace, makeTraces } from '../../../loadtest/tracks/traces.mjs';
import { World } from '../../../loadtest/tracks/world.mjs';

const figures = {};

before(async () => {
  const traces = makeTraces(1);
  figures['fixed 5 s'] = await measure(traces, { rule: every(5) });
  figures['300 s / 75 m / 30 degrees'] = await measure(traces, { rule: timeDistanceTurn(300, 75, 30) });
  figures['levee, watched'] = await measure(traces, {});
  figures['levee, unwatched'] = await measure(traces, { watched: false });
});

test('the policy reaches its aims', () => {
  const missed = aims(figures).filter(({ held }) => !held);
  assert.deepEqual(missed, []);
});

test('a device that has a network is live, and what is live is within its radius', () => {
  for (const name of ['levee, watched', 'levee, unwatched']) {
    const { settledLive, outside } = figures[name];
    assert.ok(settledLive > 0.99, `${name}: live for ${settledLive} of the time`);
    assert.ok(outside < 0.01, `${name}: outside for ${outside} of the time`);
  }
});

test('the same seed gives the same trace, and the same run', async () => {
  for (const kind of kKinds) {
    assert.deepEqual(makeTrace(kind, 7), makeTrace(kind, 7));
    assert.notDeepEqual(makeTrace(kind, 7).seconds.at(-1), makeTrace(kind, 8).seconds.at(-1));
  }
  const short = makeTrace('rounds', 7);
  short.seconds.length = 300;
  assert.deepEqual(await new World(short).run(), await new World(short).run());
});

test('a trace is what its description says', () => {
  const patrol = makeTrace('patrol', 1);
  assert.equal(patrol.checkpoints.length, 18);
  assert.ok(patrol.seconds.every(({ speed }) => speed <= 1.6));
  assert.ok(makeTrace('town', 1).seconds.every(({ speed, fix }) => speed <= 16 && fix.acc === 10));
  const { seconds } = makeTrace('tunnel', 1);
  const shaded = seconds.filter(({ fix }) => fix === null);
  assert.ok(shaded.length >= 4 * 90 && shaded.length <= 4 * 152, `${shaded.length}`);
  assert.ok(shaded.every(({ network }) => !network));
});
