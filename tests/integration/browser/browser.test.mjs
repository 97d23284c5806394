// The watch page in Chromium, on streams that the ffmpeg program publishes.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

import { root, startLevee } from '../../support/levee.mjs';
import { until } from '../../support/processes.mjs';
import { publishRtmp } from '../../support/publisher.mjs';
import { startRedis } from '../../support/redis.mjs';
import { blink } from './blink.mjs';
import { chat } from './chat.mjs';
import { full } from './full.mjs';
import { play } from './play.mjs';
import { publishScene } from './scene.mjs';
import { screenshot } from './screenshot.mjs';
import { switchLevels } from './switch.mjs';

const NAME = 'show';
const PAGES = { 'http.web_root': path.join(root, 'web') };
const PICTURE = { width: 854, height: 480, videoKbps: 1500 };

test('the watch page', { timeout: 420_000 }, async (t) => {
  const levee = await startLevee(PAGES);
  const base = levee.url('');
  let publisher = publishRtmp(levee.rtmpServer, NAME, PICTURE);
  t.after(async () => {
    await publisher.kill();
    await levee.stop();
  });
  await levee.playable(NAME, { renditions: 3 });

  await t.test('plays for 30 s without a stall and shows a live latency', async (own) => {
    own.diagnostic(JSON.stringify(await play({ base, name: NAME, seconds: 30, latencyLimit: 4 })));
  });
  await t.test('switches its quality down and up with the bandwidth', async (own) => {
    own.diagnostic(JSON.stringify(await switchLevels({ base, name: NAME })));
  });
  await t.test('lets two people chat through one server', async (own) => {
    own.diagnostic(JSON.stringify(await chat({ bases: [base], name: NAME, video: true })));
  });
  await t.test('says when the publisher blinks, and plays on by itself', async (own) => {
    const stop = () => publisher.kill();
    const start = () => (publisher = publishRtmp(levee.rtmpServer, NAME, PICTURE));
    own.diagnostic(JSON.stringify(await blink({ base, name: NAME, stop, start })));
  });
});

test('a full server shows a waiting room', { timeout: 180_000 }, async (t) => {
  const bound = { 'admission.max_newcomers_per_s': 2, 'server.threads': 1, 'ladder.enabled': false };
  const levee = await startLevee({ ...PAGES, ...bound });
  const publisher = publishRtmp(levee.rtmpServer, NAME, PICTURE);
  t.after(async () => {
    await publisher.kill();
    await levee.stop();
  });
  await levee.playable(NAME);
  t.diagnostic(JSON.stringify(await full({ base: levee.url(''), name: NAME })));
});

test('two people chat through two servers on one Redis', { timeout: 120_000 }, async (t) => {
  const redis = await startRedis();
  const servers = [
    await startLevee({ ...PAGES, 'bus.redis_url': redis.url }),
    await startLevee({ ...PAGES, 'bus.redis_url': redis.url }),
  ];
  t.after(async () => {
    for (const levee of servers) await levee.stop();
    await redis.stop();
  });
  t.diagnostic(JSON.stringify(await chat({ bases: servers.map((levee) => levee.url('')), name: NAME })));
});

test('the pictures of the README can be taken', { timeout: 300_000 }, async (t) => {
  const levee = await startLevee(PAGES);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'levee-scene-'));
  let scene;
  t.after(async () => {
    await scene?.kill();
    await levee.stop();
    await rm(folder, { recursive: true, force: true });
  });
  scene = await publishScene(levee.rtmpServer, 'mystream', folder);
  await levee.playable('mystream', { renditions: 2 });
  // On a busy machine rungs are shed for a while, and there is no quality to choose from.
  const whole = async () => {
    const { streams } = await (await fetch(levee.adminUrl('/api/v1/streams'))).json();
    return streams.every((stream) => stream.renditions.every((rendition) => rendition.offered));
  };
  const ready = () => until('every rung is offered', whole, { seconds: 30, every: 0.5 }).catch(() => {});
  // LEVEE_IMAGES=docs/images renews those in the README.
  const out = path.resolve(root, process.env.LEVEE_IMAGES ?? 'build/images');
  t.diagnostic(JSON.stringify(await screenshot({ base: levee.url(''), name: 'mystream', out, ready })));
});
