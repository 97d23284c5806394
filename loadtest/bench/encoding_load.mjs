// What viewers of `source` feel while the encoders of many streams want more than all cores: the same audience with the
// ladder off, and with it on. Nothing is held to a core.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { startLevee } from '../../tests/support/levee.mjs';
import { Program } from '../../tests/support/processes.mjs';
import { cpuSeconds, table } from '../measure.mjs';
import { free, harness, ms, out, quantile } from '../surge_stage.mjs';
import { source1080p } from '../source_1080p.mjs';

const STREAMS = 6; // each wants nearly half a core for its ladder
const VIEWERS = 300;
const SECONDS = 20;

const folder = mkdtempSync(path.join(os.tmpdir(), 'levee-bench-'));
const file = path.join(folder, 'source.mp4');

const publish = (server, key) => new Program('publisher', 'ffmpeg', ['-hide_banner', '-loglevel', 'warning', '-nostdin', '-re', '-stream_loop', '-1',
  '-i', file, '-c', 'copy', '-f', 'flv', `${server}/${key}`]);

async function watch(name, settings) {
  const levee = await startLevee({ 'srt.enabled': false, ...settings });
  const publishers = Array.from({ length: STREAMS }, (_, i) => publish(levee.rtmpServer, `show${i}`));
  try {
    for (let i = 0; i < STREAMS; ++i) await levee.playable(`show${i}`, { seconds: 60 });
    const [cpu, start] = [cpuSeconds(levee.program.pid), Date.now()];
    const report = await harness(name, ['run', 'surge_ll', '--no-thresholds', '--incumbents', String(VIEWERS), '--newcomers', '0', '--warm-up', '15s',
      '--hold', `${SECONDS}s`, '--cool-down', '0s', '--set', 'incumbents.within=5s'], levee.url('/live/show0/index.m3u8'), levee.adminUrl('/metrics'), free);
    const cores = (cpuSeconds(levee.program.pid) - cpu) / ((Date.now() - start) / 1000);
    const { surge } = report.cohorts.incumbents;
    const part = (q) => ms(quantile(surge.times.part_fetch, q));
    return [settings['ladder.enabled'] ? 'on' : 'off', cores.toFixed(2), await sheds(levee), surge.viewers_watched, surge.viewers_stalled, part(0.5), part(0.99), part(0.999)];
  } finally {
    for (const publisher of publishers) await publisher.kill();
    await levee.stop();
  }
}

const sheds = (levee) => levee.metric('levee_transcode_rung_sheds_total').catch(() => 0);

mkdirSync(out, { recursive: true });
try {
  await source1080p(file, 20);
  const rows = [await watch('encoding-off', { 'ladder.enabled': false }), await watch('encoding-on', { 'ladder.enabled': true })];
  console.log(`${STREAMS} streams of 1080p30 at 6 Mb/s, ${VIEWERS} viewers of one of them in \`source\` at low latency for ${SECONDS} s; publishers, viewers and encoders share both cores. Times of parts are from when they were due.\n`);
  console.log(table(['the ladder', 'cores used by levee', 'rungs shed', 'viewers', 'stalled', 'part p50, ms', 'p99', 'p99.9'], rows));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
