// A small surge against a real levee. The verdict is on correctness, not on time: the machine may be busy.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startLevee } from '../../support/levee.mjs';
import { publishRtmp } from '../../support/publisher.mjs';
import { runSurge, total } from '../../support/surge.mjs';

let levee;
let publisher;

before(async () => {
  levee = await startLevee({ 'server.threads': 1, 'ladder.enabled': false });
  publisher = publishRtmp(levee.rtmpServer, 'surge', { width: 320, height: 180, videoKbps: 300 });
  await levee.playable('surge');
});

after(async () => {
  await publisher?.kill();
  await levee?.stop();
});

function surge(...more) {
  return runSurge(['--target', levee.url('/live/surge/index.m3u8'), '--metrics-url', levee.adminUrl('/metrics'), '--no-thresholds',
    '--incumbents', '40', '--newcomers', '300', '--within', '1s', '--set', 'incumbents.within=2s', '--warm-up', '3s', '--hold', '8s',
    '--cool-down', '1s', ...more]);
}

function expectNoHarm(report, cohort) {
  for (const name of ['refused_media', 'resets', 'time_outs', 'status_4xx_errors', 'status_5xx_errors', 'truncated', 'malformed', 'no_connections'])
    assert.equal(total(report, cohort, name), 0, `${cohort}: ${name}`);
}

test('a surge refuses no incumbent, and every newcomer is in or was told when to come', async () => {
  const { report } = await surge();
  expectNoHarm(report, 'incumbents');
  expectNoHarm(report, 'newcomers');
  assert.equal(total(report, 'newcomers', 'planned'), 300);
  assert.equal(total(report, 'newcomers', 'waits_told'), total(report, 'newcomers', 'refusals'));
  const { fetch = {}, times } = report.cohorts.incumbents.surge;
  assert.ok((times.part_fetch ?? fetch.part_fetch).count > 40 * 8, 'incumbents go on fetching parts');
  assert.ok((times.blocking_fetch ?? fetch.blocking_fetch).count > 40 * 8, 'by blocking reloads');
});

test('plain players follow the same stream by segments', async () => {
  const { report } = await surge('--plain');
  expectNoHarm(report, 'incumbents');
  expectNoHarm(report, 'newcomers');
  assert.ok(report.cohorts.incumbents.surge.times.segment_fetch.count > 40 * 3);
  assert.equal(report.cohorts.incumbents.surge.times.part_fetch.count, 0);
});

test('when every connection is dropped all come back, and nobody is lost', async () => {
  const { report } = await surge('--profile', 'reconnect', '--newcomers', '0');
  const { return_time: back } = report.cohorts.incumbents.surge.times;
  assert.equal(back.count, 40);
  assert.equal(total(report, 'incumbents', 'refused_media'), 0);
  assert.ok(report.cohorts.incumbents.surge.reconnects >= 40);
});
