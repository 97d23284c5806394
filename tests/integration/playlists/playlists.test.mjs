// What levee serves of a stream that the ffmpeg program publishes, held against the HLS rules.
import assert from 'node:assert/strict';
import test from 'node:test';

import { startLevee } from '../../support/levee.mjs';
import { until } from '../../support/processes.mjs';
import { publishRtmp } from '../../support/publisher.mjs';
import { checkStream } from './check.mjs';
import { get, hangUp } from './http.mjs';
import { Rules } from './rules.mjs';
import { follow, openStream } from './watch.mjs';

const NAME = 'show';

/** Every rule becomes a test of its own, named by its id. */
async function report(t, rules) {
  for (const { id, what, outcome, note } of rules.results) {
    await t.test(`${id} ${what}`, { skip: outcome === 'skip' ? note : false }, (own) => {
      if (note) own.diagnostic(note);
      assert.notEqual(outcome, 'FAIL', note);
    });
  }
}

async function publishedStream(t, options) {
  const levee = await startLevee();
  const publisher = publishRtmp(levee.rtmpServer, NAME, options);
  t.after(async () => {
    await publisher.kill();
    hangUp();
    await levee.stop();
  });
  return { levee, publisher };
}

test('the playlists and media of a stream keep the HLS rules', { timeout: 180_000 }, async (t) => {
  const { levee } = await publishedStream(t, { width: 854, height: 480, videoKbps: 1200, bFrames: 2 });
  await levee.playable(NAME, { renditions: 3 });
  // A delta update skips only what is older than six target durations: wait until there is such a thing.
  const stream = await openStream(levee.url('/'), NAME);
  await until(
    'a playlist is long enough to be skipped in',
    async () => {
      const { list } = await stream.renditions[0].reload();
      return list.segments.reduce((sum, s) => sum + s.duration, 0) > Number(list.control.get('CAN-SKIP-UNTIL')) + 6;
    },
    { seconds: 60, every: 1 },
  );
  await report(t, await checkStream({ base: levee.url('/'), name: NAME, rules: new Rules(() => {}) }));
});

test(
  'a stream whose publisher left ends with ENDLIST, and waiting requests are answered',
  { timeout: 120_000 },
  async (t) => {
    const levee = await startLevee({ 'stream.grace_s': 2 });
    t.after(async () => {
      hangUp();
      await levee.stop();
    });
    const publisher = publishRtmp(levee.rtmpServer, NAME, {});
    await levee.playable(NAME);
    const stream = await openStream(levee.url('/'), NAME);
    const [rendition] = stream.renditions;
    await follow(rendition, 3);
    await publisher.stop({ signal: 'SIGINT' });
    const ended = await until(
      'EXT-X-ENDLIST',
      async () => {
        const { list } = await rendition.reload();
        return list.ended && list;
      },
      { seconds: 15 },
    );
    assert.equal(ended.hints.length, 0, 'P17: no hint after the end');
    const began = Date.now();
    const answer = await get(rendition.playlistUrl(`?_HLS_msn=${ended.sequence + ended.segments.length}&_HLS_part=0`));
    assert.equal(answer.status, 200, 'delivery directives are ignored after the end');
    assert.ok(Date.now() - began < 1000);
  },
);
