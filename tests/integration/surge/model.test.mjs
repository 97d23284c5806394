// The harness's player model against an origin with known faults: what it reports is what follows by arithmetic.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { FaultyOrigin } from '../../support/faulty_origin.mjs';
import { runSurge, total } from '../../support/surge.mjs';

const VIEWERS = 20;

async function watch(faults, { hold, more = [] }) {
  const origin = await new FaultyOrigin(faults).start();
  try {
    const run = await runSurge(['--target', origin.url, '--incumbents', String(VIEWERS), '--newcomers', '0', '--no-thresholds',
      '--set', 'incumbents.within=1s', '--warm-up', '3s', '--hold', `${hold}s`, '--cool-down', '0s', ...more]);
    return { ...run, origin };
  } finally {
    await origin.stop();
  }
}

// Side by side: they wait for the player's clock and need next to no processor.
describe('the player model', { concurrency: true }, () => {
  test('a sound origin makes nobody stall, and is followed closely', async () => {
    const { report, origin } = await watch({}, { hold: 8 });
    assert.equal(total(report, 'incumbents', 'stalls'), 0);
    for (const kind of ['resets', 'time_outs', 'status_4xx_errors', 'status_5xx_errors', 'truncated', 'malformed'])
      assert.equal(total(report, 'incumbents', kind), 0, kind);
    const latency = report.cohorts.incumbents.surge.times.latency;
    assert.ok(latency.min_us >= 2e6 && latency.max_us <= 5.5e6, `behind live by ${latency.min_us} to ${latency.max_us} us`);
    assert.ok(origin.counts.requests > VIEWERS * 20, 'a playlist and a segment a second for each viewer');
  });

  test('a freeze of 15 s is a stall of each viewer, as long as 15 s less what it had', async () => {
    const { report } = await watch({ freezeAt: 6, freezeFor: 15 }, { hold: 24 });
    assert.equal(total(report, 'incumbents', 'viewers_stalled'), VIEWERS);
    // Three segments of 1 s are held back, and a reload comes up to a second after the segment. Who goes on with a single
    // segment may stall again for a moment, until the playlist that lists the next one.
    const { max_us: longest } = report.cohorts.incumbents.surge.times.stall;
    assert.ok(longest >= 11.5e6 && longest <= 14.5e6, `the longest ${longest} us`);
    const mean = total(report, 'incumbents', 'stall_us') / VIEWERS;
    assert.ok(mean >= 11.5e6 && mean <= 15.5e6, `${mean} us a viewer`);
  });

  test('media at two thirds of real time makes a third of the time a stall', async () => {
    const { report } = await watch({ rate: 2 / 3 }, { hold: 24 });
    // 27 to 28 s after its arrival a viewer has 3 s of buffer and two thirds of the time played.
    const stalled = total(report, 'incumbents', 'stall_us') / 1e6 / VIEWERS;
    assert.ok(stalled > 4 && stalled < 9, `${stalled} s a viewer`);
    assert.equal(total(report, 'incumbents', 'viewers_stalled') >= VIEWERS, true);
  });

  test('every 503 to a viewer that was let in is counted', async () => {
    const { report, origin } = await watch({ refuse: 0.2 }, { hold: 8 });
    const counted = total(report, 'incumbents', 'refused_media');
    const share = origin.counts.refused / origin.counts.requests;
    assert.ok(share > 0.1 && share < 0.3);
    // The first second, while the incumbents arrive, is in no phase; and some requests were under way at the end.
    assert.ok(counted <= origin.counts.refused && counted >= origin.counts.refused * 0.6, `${counted} of ${origin.counts.refused}`);
    assert.equal(total(report, 'incumbents', 'status_5xx_errors'), 0);
  });

  test('a body cut short is told from a whole one', async () => {
    const { report, origin } = await watch({ cut: 0.2 }, { hold: 8 });
    const counted = total(report, 'incumbents', 'truncated');
    assert.ok(origin.counts.cut > 5);
    assert.ok(counted <= origin.counts.cut && counted >= origin.counts.cut * 0.6, `${counted} of ${origin.counts.cut}`);
  });

  test('a viewer told to wait comes back when told, and a promise kept is told from a broken one', async () => {
    const { report, origin } = await watch({ waitUntil: 5, waitFor: 2 }, { hold: 8, more: ['--set', 'incumbents.within=500ms'] });
    assert.ok(origin.counts.told > VIEWERS * 2);
    const { waits_kept: kept, waits_honest: honest } = Object.values(report.cohorts.incumbents)
      .reduce((sum, phase) => ({ waits_kept: sum.waits_kept + phase.waits_kept, waits_honest: sum.waits_honest + phase.waits_honest }),
        { waits_kept: 0, waits_honest: 0 });
    assert.equal(honest, VIEWERS);
    assert.ok(kept > honest);
    assert.equal(total(report, 'incumbents', 'admitted'), VIEWERS);
  });

  test('a target that is not there is told from one that breaks', async () => {
    const { code } = await runSurge(['--target', 'http://127.0.0.1:9/live/x/index.m3u8']);
    assert.equal(code, 3);
  });

  test('a target that is not this machine is refused unless it is owned', async () => {
    const { code, output } = await runSurge(['--target', 'http://192.0.2.1/live/x/index.m3u8']);
    assert.equal(code, 2);
    assert.match(output, /i-own-this-target/);
  });
});
