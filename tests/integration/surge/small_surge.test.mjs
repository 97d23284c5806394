// A small surge against a real levee. The verdict is on correctness, not on time: the machine may be busy.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { setTimeout as sleep } from 'node:timers/promises';

import { startLevee } from '../../support/levee.mjs';
import { bandwidths, comeIn, get, rankCorrelation } from '../../support/newcomer.mjs';
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
  const { report } = await surge('--plain', '--busy-poll');
  expectNoHarm(report, 'incumbents');
  expectNoHarm(report, 'newcomers');
  assert.ok(report.generator.busy_poll && report.generator.cpu_mean < 0.9, 'to look for work that is not there is not to be busy');
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

const LEVELS = ['open', 'start_low', 'wait', 'hide_top', 'protect'];

/** An incumbent that asks for its media playlist again and again until `stopped()`: how often each status came. */
async function watchOn(levee, playlist, stopped) {
  const inside = levee.url(`/live/door/${playlist.split('\n').find((line) => line.startsWith('v/'))}`);
  const statuses = new Map();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  while (!stopped()) {
    const { status } = await get(agent, inside);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    await sleep(50);
  }
  agent.destroy();
  return statuses;
}

test('newcomers start lower before any must wait, and who waits is told when to come and let in then, in order', async () => {
  const levee = await startLevee({ 'server.threads': 1, 'admission.max_newcomers_per_s': 20 });
  const publisher = publishRtmp(levee.rtmpServer, 'door', { width: 480, height: 270, videoKbps: 400 });
  try {
    await levee.playable('door', { renditions: 2, seconds: 30 });
    await sleep(2000); // the rate that is left to newcomers of before is used up by none
    const url = levee.url('/live/door/index.m3u8');
    const incumbent = await comeIn(url, performance.now());
    let over = false;
    const watching = watchOn(levee, incumbent.playlist, () => over);

    const start = performance.now();
    const newcomers = await Promise.all(
      Array.from({ length: 150 }, async (_, index) => {
        await sleep(index * 4);
        return comeIn(url, start);
      }),
    );
    over = true;
    assert.deepEqual([...(await watching).keys()], [200], 'an incumbent is refused nothing');

    const waited = newcomers.filter((one) => one.told.length > 0);
    assert.ok(waited.length > 75, `most had to wait: ${waited.length} of ${newcomers.length}`);
    for (const { told, playlist } of waited) {
      for (const { seconds, estimate, ticket } of told) {
        assert.ok(seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`);
        assert.ok(estimate > 0, `Levee-Wait-Ms: ${estimate}`);
        assert.match(ticket, /^[\w-]{32}$/);
      }
      const offered = bandwidths(playlist);
      assert.ok(offered.length > 1 && offered[0] < Math.max(...offered), `who waited starts on a lower rung: ${offered}`);
    }

    // Honesty: who comes when told is let in. Each wait but the last of a newcomer was one that was not kept.
    const promises = waited.flatMap(({ told }) => told.map((one, index) => ({ ...one, kept: index === told.length - 1 })));
    assert.ok(promises.every((one) => one.promised), 'at a steady rate all can be told their time');
    const kept = promises.filter((one) => one.kept).length;
    assert.ok(kept >= 0.9 * promises.length, `${kept} of ${promises.length} times that were told held`);
    const order = rankCorrelation(waited.map((one) => one.asked), waited.map((one) => one.letIn));
    assert.ok(order >= 0.9, `who came first gets in first: ${order}`);

    // The order of giving way: one step at a time.
    const steps = [...levee.program.output.matchAll(/admission level=(\w+) was=(\w+)/g)].map(([, now, was]) => [was, now]);
    assert.ok(steps.some(([, now]) => now === 'wait'), levee.program.output);
    assert.equal(steps[0][0], 'open');
    for (const [was, now] of steps) assert.equal(Math.abs(LEVELS.indexOf(now) - LEVELS.indexOf(was)), 1, `${was} to ${now}`);
  } finally {
    await publisher.kill();
    await levee.stop();
  }
});
