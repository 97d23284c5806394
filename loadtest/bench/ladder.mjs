// CPU of the ladder against the ffmpeg program making the same one: the same source, the same rungs, presets and bit rates.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { startLevee } from '../../tests/support/levee.mjs';
import { Program, run, until } from '../../tests/support/processes.mjs';
import { cpuSeconds, median, table } from '../measure.mjs';
import { source1080p } from '../source_1080p.mjs';

const ROUNDS = 3;
const SECONDS = 30;
const RUNGS = [['720p', 1280, 720, 2500], ['480p', 854, 480, 1200], ['360p', 640, 360, 700], ['240p', 426, 240, 350]];

const folder = mkdtempSync(path.join(os.tmpdir(), 'levee-bench-'));
const file = path.join(folder, 'source.mp4');

const publish = (server, key) => new Program('publisher', 'ffmpeg',
  ['-hide_banner', '-loglevel', 'warning', '-nostdin', '-re', '-i', file, '-c', 'copy', '-f', 'flv', `${server}/${key}`]);

/** CPU seconds a second that `pid` uses over SECONDS. */
async function cpuShare(pid, seconds) {
  const [cpu, start] = [cpuSeconds(pid), process.hrtime.bigint()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return (cpuSeconds(pid) - cpu) / (Number(process.hrtime.bigint() - start) / 1e9);
}

async function measureLevee() {
  const levee = await startLevee({});
  try {
    const publisher = publish(levee.rtmpServer, 'show');
    await levee.playable('show', { renditions: RUNGS.length + 2, seconds: 30 });
    const share = await cpuShare(levee.program.pid, SECONDS - 10);
    const shed = await levee.metric('levee_transcode_rung_sheds_total');
    await publisher.kill();
    return { share, shed };
  } finally {
    await levee.stop();
  }
}

/** The same ladder by the ffmpeg program: one decoder, a cascade of scalers, x264 with the same options, muxed to null. */
async function measureFfmpeg() {
  const scale = RUNGS.map(([name, width, height], i) =>
    `[${i === 0 ? '0:v' : `c${i - 1}`}]scale=${width}:${height}:flags=${i === 0 ? 'bilinear' : 'fast_bilinear'},split=2[v${i}][c${i}]`);
  const graph = scale.join(';').replace(/,split=2\[v3\]\[c3\]$/, '[v3]');
  const args = ['-hide_banner', '-loglevel', 'warning', '-nostdin', '-re', '-threads', '1', '-i', file, '-filter_threads', '1', '-filter_complex', graph];
  for (const [i, [, , , kbps]] of RUNGS.entries()) {
    args.push('-map', `[v${i}]`, '-map', '0:a', '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-threads', '1',
      '-g', '60', '-sc_threshold', '0', '-b:v', `${kbps}k`, '-maxrate', `${kbps * 1.2}k`, '-bufsize', `${kbps}k`, '-c:a', 'copy', '-f', 'mp4',
      '-movflags', '+cmaf+frag_keyframe', '-y', path.join(folder, `out${i}.mp4`));
  }
  const program = new Program('ffmpeg ladder', 'ffmpeg', args);
  await until('ffmpeg encodes', () => cpuSeconds(program.pid) > 1, { seconds: 20 });
  const share = await cpuShare(program.pid, SECONDS - 10);
  if (program.result) throw new Error(`ffmpeg ended early:\n${program.output}`);
  await program.kill();
  return { share };
}

try {
  await source1080p(file, SECONDS + 15);
  const ours = [];
  const theirs = [];
  for (let round = 0; round < ROUNDS; ++round) {
    ours.push(await measureLevee());
    theirs.push(await measureFfmpeg());
  }
  const [levee, ffmpeg] = [ours, theirs].map((runs) => median(runs.map((one) => one.share)));
  const rungs = RUNGS.map(([name]) => name).join(', ');
  console.log(`1080p30, 6 Mb/s, to ${rungs} (superfast): CPU of the whole process over ${SECONDS - 10} s of real time, median of ${ROUNDS} turns.`);
  console.log('levee also ingests, packages `source` and `audio` and renders every playlist meanwhile.\n');
  console.log(table(['', 'cores', 'cores a rung', 'rungs shed'], [
    ['levee', levee.toFixed(3), (levee / RUNGS.length).toFixed(3), median(ours.map((one) => one.shed))],
    ['ffmpeg program', ffmpeg.toFixed(3), (ffmpeg / RUNGS.length).toFixed(3), ''],
    ['levee : ffmpeg', `**${(levee / ffmpeg).toFixed(2)}**`, '', ''],
  ]));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
