// Every scenario that comes with the harness, played small against a real levee: that it does what its text says, and
// that its promises which are not about time hold. The verdict on time is for a machine that does nothing else.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startLevee } from '../../support/levee.mjs';
import { run } from '../../support/processes.mjs';
import { publishRtmp } from '../../support/publisher.mjs';
import { runSurge, total } from '../../support/surge.mjs';

const SMALL = ['--incumbents', '12', '--warm-up', '3s', '--hold', '7s', '--cool-down', '1s', '--set', 'incumbents.within=1s', '--no-thresholds'];

let levee;
let publisher;
let folder;

before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'levee-profiles-'));
  levee = await startLevee({ 'server.threads': 1, 'ladder.enabled': false });
  publisher = publishRtmp(levee.rtmpServer, 'show', { width: 320, height: 180, videoKbps: 300 });
  await levee.playable('show');
});

after(async () => {
  await publisher?.kill();
  await levee?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Plays `scenario` small; each of `promises` is a threshold that must hold. Gives the report. */
async function play(scenario, promises, more = [], stream = 'show') {
  const thresholds = promises.flatMap((promise) => ['--threshold', promise]);
  const { report, output } = await runSurge([scenario, '--target', levee.url(`/live/${stream}/index.m3u8`), '--metrics-url', levee.adminUrl('/metrics'),
    ...SMALL, ...thresholds, ...more]);
  assert.ok(report, output);
  assert.deepEqual(report.thresholds.filter((one) => !one.held).map((one) => `${one.text}: ${one.value}`), []);
  assert.equal(report.thresholds.length, promises.length);
  return report;
}

const calm = ['incumbents.errors == 0', 'incumbents.refused_media == 0', 'incumbents.lost == 0'];

describe('the scenarios', { concurrency: 4 }, () => {
  test('ramp: newcomers come evenly, and none is lost', async () => {
    const report = await play('ramp', [...calm, 'newcomers.errors == 0', 'newcomers.lost == 0'], ['--newcomers', '24', '--within', '4s']);
    assert.equal(total(report, 'newcomers', 'planned'), 24);
  });

  test('stairs: every step comes', async () => {
    const report = await play('stairs', [...calm, 'newcomers.errors == 0'],
      ['--newcomers', '24', '--within', '500ms', '--set', 'newcomers.steps=3', '--set', 'newcomers.step_hold=2s', '--hold', '3s']);
    assert.equal(total(report, 'newcomers', 'planned'), 24);
  });

  test('spike_and_leave: those who leave take nothing with them', async () => {
    const report = await play('spike_and_leave', [...calm, 'newcomers.resets == 0'], ['--newcomers', '40', '--set', 'newcomers.leave_after=4s']);
    assert.equal(total(report, 'newcomers', 'planned'), 40);
    assert.equal(report.cohorts.newcomers.after.requests, 0, 'nobody asks after having left');
  });

  test('surge_10x: who is not let in is told when to come', async () => {
    await play('surge_10x', [...calm, 'newcomers.told_fraction == 1', 'newcomers.resets == 0', 'newcomers.status_5xx_errors == 0'],
      ['--newcomers', '120', '--within', '1s']);
  });

  test('weak: a thin link is not refused, and the others do not notice', async () => {
    const report = await play('weak', [...calm, 'weak.lost == 0', 'weak.refused_media == 0'],
      ['--newcomers', '12', '--set', 'weak.share=0.34', '--set', 'weak.stutter_every=3s']);
    assert.ok(report.cohorts.weak.surge.requests > 0, 'there are weak viewers');
  });

  test('slow_readers: clients that hardly read are no burden to the others', async () => {
    const report = await play('slow_readers', calm, ['--newcomers', '0', '--set', 'slow_readers.count=20']);
    assert.ok(total(report, 'slow_readers', 'started') === 20);
  });

  test('flapping: those who come again are no newcomers', async () => {
    const report = await play('flapping', [...calm, 'flapping.refused_media == 0', 'flapping.lost == 0'],
      ['--newcomers', '0', '--set', 'flapping.share=0.5', '--set', 'flapping.up=1s']);
    assert.ok(report.cohorts.flapping.surge.reconnects > 3, `${report.cohorts.flapping.surge.reconnects} returns`);
  });

  test('with_chat: nothing that is said is lost or comes twice', async () => {
    const report = await play('with_chat', [...calm, 'chat.connected_fraction == 1', 'chat.missed == 0', 'chat.duplicates == 0'],
      ['--newcomers', '12', '--chat', `ws://127.0.0.1:${levee.httpPort}/rt`, '--chat-clients', '10', '--set', 'chat.messages_per_second=1']);
    assert.ok(report.chat.sent > 3 && report.chat.received > report.chat.sent * 5, `${report.chat.sent} sent, ${report.chat.received} received`);
  });

  // Without viewers: what counts is what comes over the WebSockets.
  const alone = () => ['--incumbents', '0', '--newcomers', '0', '--realtime', `ws://127.0.0.1:${levee.httpPort}/rt`];
  const delivered = (group) => [`${group}.connected_fraction == 1`, `${group}.missed == 0`, `${group}.duplicates == 0`, `${group}.out_of_order == 0`];

  test('feed: publishers drop and watchers sleep, and nothing stale is shown as live nor acted on', async () => {
    const report = await play('feed', [...delivered('feed'), 'feed.lost == 0', 'feed.stale_as_live == 0', 'feed.stale_acts_accepted == 0', 'feed.refused == 0'],
      [...alone(), '--hold', '11s', '--set', 'feed.watchers=20', '--set', 'feed.acting=0.5', '--set', 'feed.act_every=1s', '--set', 'feed.sleeping=0.2',
        '--set', 'feed.blink_every=6s', '--set', 'feed.blink_for=1s']);
    const { sent, old_sent: old, received, live, judged, acts_accepted: accepted, stale_acts: stale, stale_told: told, dropped } = report.feed;
    assert.ok(sent > 300 && old > 3 && received > sent * 5, `${sent} sent, ${old} of them old, ${received} received`);
    assert.ok(live > judged / 3 && live < judged, `${live} of ${judged} looks live`);
    assert.ok(accepted > 5 && stale > 5, `${accepted} acts accepted, ${stale} on old quotes`);
    assert.ok(dropped >= 4 && told.count > 20, `${dropped} drops, told ${told.count} times`);
  });

  test('track: a late report never becomes the present, and no device looks fresher than it is', async () => {
    const report = await play('track', [...delivered('track'), 'track.lost == 0', 'track.past_as_present == 0', 'track.stale_as_live == 0',
      'track.live_as_stale == 0', 'track.refused == 0'],
    [...alone(), '--hold', '14s', '--set', 'track.devices=12', '--set', 'track.watchers=5', '--set', 'track.offline=0.5', '--set', 'track.offline_for=7s',
      '--set', 'track.speed_mps=20']);
    const { sent, acknowledged, backlog, received, live, next } = report.track;
    assert.ok(backlog >= 6 && received > 12 * 5 && live > 0, `${backlog} late of ${sent}, ${received} received, ${live} live`);
    assert.ok(acknowledged > sent / 2 && next.count > 12, `${acknowledged} of ${sent} acknowledged, ${next.count} told when to come`);
  });

  test('storm: every WebSocket drops at once, and each is given all it missed, once and in order', async () => {
    const report = await play('storm', [...delivered('chat'), ...delivered('feed'), ...delivered('track'), 'chat.unrecovered == 0', 'chat.lost == 0',
      'feed.stale_as_live == 0', 'track.stale_as_live == 0', 'track.past_as_present == 0'],
    [...alone(), '--hold', '8s', '--set', 'chat.channel=chat:storm', '--set', 'feed.channel=feed:storm', '--set', 'track.channel=track:storm', '--set', 'chat.count=40', '--set', 'feed.watchers=10', '--set', 'track.devices=5', '--set', 'track.watchers=5']);
    for (const [group, clients] of [['chat', 40], ['feed', 11], ['track', 10]]) {
      const { dropped, returned, resumed, back } = report[group];
      assert.deepEqual([dropped, returned, resumed], [clients, clients, clients], group);
      assert.equal(back.count, clients, `${group}: all have what they missed`);
    }
    assert.ok(report.chat.sent > 20 && report.chat.received > report.chat.sent * 20);
  });

  test('publisher_blink: the harness publishes and drops, and its viewers stay', async () => {
    const file = path.join(folder, 'blink.flv');
    await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30:duration=10', '-f', 'lavfi',
      '-i', 'sine=frequency=440:sample_rate=48000:duration=10', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60',
      '-b:v', '300k', '-c:a', 'aac', '-b:a', '64k', file]);
    const report = await play('publisher_blink', ['incumbents.lost == 0', 'incumbents.errors == 0', 'publisher.failures == 0', 'publisher.blinks == 1'],
      ['--newcomers', '0', '--hold', '9s', '--publish', file, '--publish-to', `${levee.rtmpServer}/blink`, '--set', 'publisher.blinks=1',
        '--set', 'publisher.blink_for=1s'], 'blink');
    const { before: calmly, after: again } = report.cohorts.incumbents;
    assert.ok(calmly.requests > 0 && again.requests > 0, 'they watch before, and again at the end');
  });

  test('several processes are one result', async () => {
    const report = await play('surge', calm, ['--newcomers', '24', '--agents', '2']);
    assert.equal(report.generator.agents, 2);
    assert.equal(total(report, 'newcomers', 'planned'), 24);
  });

  test('the limit is the greatest number for which the promise holds, and it says what gave way beyond', async () => {
    const { report, output } = await runSurge(['limit', 'surge', '--target', levee.url('/live/show/index.m3u8'), ...SMALL, '--warm-up', '1s', '--hold', '1s',
      '--cool-down', '0s', '--within', '200ms', '--threshold', 'newcomers.planned <= 6', '--set', 'incumbents.within=100ms', '--set', 'limit.steady=false',
      '--set', 'limit.least=2', '--set', 'limit.most=16', '--set', 'limit.settle=0s', '--set', 'limit.precision=0.01']);
    assert.ok(report, output);
    assert.equal(report.limit.surge, 6, JSON.stringify(report.limit));
    assert.notEqual(report.limit.surge_gave_way, '');
  });

  test('a promise that breaks is an exit code', async () => {
    const { code, output } = await runSurge(['surge', '--target', levee.url('/live/show/index.m3u8'), ...SMALL, '--newcomers', '0', '--hold', '1s',
      '--threshold', 'incumbents.requests == 0']);
    assert.ok(code === 1 || code === 4, `exit code ${code}: ${output}`);
  });
});
