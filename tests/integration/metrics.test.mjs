// What /metrics names, on a node that does everything: dashboards and alerts are written against these names.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { root, startLevee } from '../support/levee.mjs';
import { until } from '../support/processes.mjs';
import { publishRtmp } from '../support/publisher.mjs';
import { startRedis } from '../support/redis.mjs';

test('/metrics names what tests/golden/metrics.txt lists, no more and no less', async (t) => {
  const redis = await startRedis();
  const levee = await startLevee({ 'bus.redis_url': redis.url });
  const publisher = publishRtmp(levee.rtmpServer, 'show', { width: 640, height: 360 });
  t.after(async () => {
    await publisher.kill();
    await levee.stop();
    await redis.stop();
  });
  await levee.playable('show', { renditions: 2 });
  await until('a rung is counted', async () => (await levee.metric('levee_transcode_rung_frames_total')) > 0);

  const answer = await fetch(levee.adminUrl('/metrics'));
  assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).trimEnd().split('\n');
  const types = new Map();
  for (const line of lines) {
    const [, kind, name, rest] = line.match(/^# (HELP|TYPE) (\S+) (.+)$/) ?? [];
    if (kind === 'TYPE') types.set(name, rest);
    if (!kind) {
      const sample = line.match(/^([a-z_]+)(?:\{[^}]*\})? (\S+)$/);
      assert.ok(sample && types.has(sample[1]) && Number.isFinite(Number(sample[2])), line);
    }
  }
  const named = [...types].map(([name, type]) => `${name} ${type}`).sort();
  const golden = (await readFile(path.join(root, 'tests/golden/metrics.txt'), 'utf8')).trimEnd().split('\n');
  assert.deepEqual(named, golden);
});
