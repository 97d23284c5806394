// What the benches with many viewers share: a stream of a given rate on levee or on nginx, which has one core, and
// levee-surge on the other one, unless all share both.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root, startLevee } from '../tests/support/levee.mjs';
import { Program, run, until } from '../tests/support/processes.mjs';
import { surgeBinary } from '../tests/support/surge.mjs';
import { slowdown, watchCore } from './core_speed.mjs';
import { pin } from './measure.mjs';
import { startNginx } from './peers/nginx.mjs';
import { playLadder, recordLadder } from './recorded_ladder.mjs';

/** Where reports and recorded sources are kept. */
export const out = path.join(root, 'build/bench/surge');
const media = path.join(out, 'media');
const CONGESTION = '/proc/sys/net/ipv4/tcp_congestion_control';

/**
 * The server has a core of its own; the harness and the publisher have the other. The harness never sleeps there: to wake it
 * would be the server's work, a twentieth of its time here.
 */
export const apart = { server: 0, others: 1, settings: { 'server.threads': 1 }, harness: ['--busy-poll'] };
/** Nothing is held to a core: the server has an io thread on each, and the harness and the publisher take what they need of both. */
export const free = { settings: {}, harness: [] };

/**
 * A picture of noise, so that the encoder fills the bit rate, and no part is larger than the others. Made once. The
 * encoder begins with a bucket of bits to spare: its first seconds are left out, or one part in forty would be half as large again.
 */
export async function source(kbps) {
  const file = path.join(media, `${kbps}.flv`);
  if (existsSync(file)) return file;
  mkdirSync(media, { recursive: true });
  const quiet = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'];
  const whole = path.join(media, 'whole.flv');
  await run('ffmpeg', [...quiet, '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30:duration=24',
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=24', '-vf', 'noise=alls=60:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast',
    '-pix_fmt', 'yuv420p', '-g', '60', '-sc_threshold', '0', '-b:v', `${kbps}k`, '-minrate', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps / 2}k`,
    '-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', '-b:a', '64k', whole], { seconds: 120 });
  await run('ffmpeg', [...quiet, '-ss', '4', '-i', whole, '-c', 'copy', file]);
  rmSync(whole);
  return file;
}

/** Starts a program that is not the server. */
function start(name, command, args, cores) {
  return cores === free ? new Program(name, command, args) : new Program(name, 'taskset', ['-c', String(cores.others), command, ...args]);
}

function publish(file, output, cores = apart) {
  return start('publisher', 'ffmpeg', ['-hide_banner', '-loglevel', 'warning', '-nostdin', '-re', '-stream_loop', '-1', '-i', file, '-c', 'copy', ...output], cores);
}

/** Calls `play` with the stream's URL, that of the metrics and levee's process while it has the stream; gives what it gives. */
export async function withLevee(file, settings, play, cores = apart) {
  const levee = await startLevee({ ...cores.settings, 'ladder.enabled': false, 'srt.enabled': false, ...settings });
  if (cores !== free) pin(levee.program.pid, cores.server);
  const publisher = publish(file, ['-flags', '+global_header', '-f', 'flv', `${levee.rtmpServer}/show`], cores);
  try {
    await levee.playable('show', { seconds: 30 });
    await until('there is as much to play as a player holds back', () => holdsBack(levee), { seconds: 30 });
    return await play(levee.url('/live/show/index.m3u8'), levee.adminUrl('/metrics'), levee.program.pid);
  } finally {
    await publisher.kill();
    await levee.stop();
  }
}

/**
 * Whether the stream is as old as players stay behind its end. Who came to a younger one would have a buffer of less
 * than a segment for as long as it watches, and stall at the least delay; nginx's stream is as old.
 */
async function holdsBack(levee) {
  const ladder = await (await fetch(levee.url('/live/show/index.m3u8'))).text();
  const rendition = ladder.split('\n').find((line) => line.endsWith('/index.m3u8'));
  const playlist = await (await fetch(levee.url(`/live/show/${rendition}`))).text();
  return playlist.split('#EXTINF').length > 6;
}

/** Lets `play` at what an nginx serves, once that is as old as players hold back, and ends it with what `fill` has started. */
async function withNginx(options, playlist, fill, play) {
  const nginx = await startNginx(options);
  const url = nginx.url(playlist);
  let end = () => {};
  try {
    end = await fill(nginx);
    await until('nginx serves enough', async () => (await (await fetch(url)).text()).split('#EXTINF').length > 6, { seconds: 40 });
    return await play(nginx);
  } finally {
    await end();
    await nginx.stop();
  }
}

/** nginx serving what ffmpeg writes into memory: 2 s segments of the same stream, plain HLS. */
export function withNginxFiles(file, play) {
  const write = ({ folder }) => {
    const publisher = publish(file, ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '15', '-hls_delete_threshold', '10', '-hls_segment_type', 'fmp4',
      '-hls_flags', 'delete_segments+program_date_time+independent_segments+temp_file', path.join(folder, 'index.m3u8')]);
    return () => publisher.kill();
  };
  return withNginx({}, 'index.m3u8', write, (nginx) => play(nginx.url('index.m3u8')));
}

/** nginx-rtmp: it is published to as levee is, makes the segments (MPEG-TS) in memory and serves them, all on its core. */
export function withNginxRtmp(file, play) {
  const send = ({ rtmp }) => {
    const publisher = publish(file, ['-flags', '+global_header', '-f', 'flv', `${rtmp}/show`]);
    return () => publisher.kill();
  };
  return withNginx({ rtmp: true }, 'show.m3u8', send, (nginx) => play(nginx.url('show.m3u8')));
}

/** nginx serving the ladder that levee makes of the file, byte for byte, recorded once. It encodes nothing meanwhile. */
export async function withNginxLadder(file, play) {
  const kept = path.join(media, `${path.basename(file, '.flv')}-ladder`);
  if (!existsSync(path.join(kept, 'ladder.json'))) await withLevee(file, { 'ladder.enabled': true }, (url) => recordLadder(url, kept, { least: 3 }));
  return withNginx({}, 'source/index.m3u8', ({ folder }) => playLadder(kept, folder), (nginx) => play(nginx.url('index.m3u8')));
}

/** Calls `measure` while `congestion` is what new connections of this machine use. */
export async function underCongestion(congestion, measure) {
  const before = readFileSync(CONGESTION, 'utf8').trim();
  writeFileSync(CONGESTION, congestion);
  try {
    return await measure();
  } finally {
    writeFileSync(CONGESTION, before);
  }
}

/** Runs levee-surge with `args` against `target`; its reports are `name`.json and .html. Gives what is in the first. */
export async function harness(name, args, target, metrics, cores = apart) {
  const json = path.join(out, `${name}.json`);
  rmSync(json, { force: true });
  const more = metrics ? ['--metrics-url', metrics] : [];
  const program = start(name, surgeBinary, [...args, ...cores.harness, '--target', target, ...more, '--json', json, '--html', path.join(out, `${name}.html`), '--quiet'], cores);
  const watch = cores.server === undefined ? null : watchCore(cores.server);
  await program.ended;
  const speed = (await watch?.end()) ?? [];
  console.error(`${name}:\n${program.output}`);
  const report = { ...reportOf(name), server_core_speed: speed };
  writeFileSync(json, JSON.stringify(report));
  return report;
}

const MOST_SLOWDOWN = 1.2;
const ATTEMPTS = 4;

/** By how much the server's core was slower in its slowest second, from when the first viewers were in to the end. */
function coreSlowdown({ server_core_speed: speed = [], started_ms: started, incumbents_in_us: begin, length_us: end }) {
  return slowdown(speed, started + begin / 1000, started + end / 1000);
}

/** The same as text; of a run whose core nobody watched: nothing. */
export const slowestSecond = (report) => (report.server_core_speed?.length ? coreSlowdown(report).toFixed(2) : '-');

/** Makes a run, and again while the server's core became slower in the middle of it: that says nothing of the server. Keeps the steadiest. */
export async function onASteadyCore(name, make) {
  const files = ['json', 'html'].map((kind) => path.join(out, `${name}.${kind}`));
  let least = Infinity;
  let kept = [];
  for (let attempt = 1; least > MOST_SLOWDOWN && attempt <= ATTEMPTS; ++attempt) {
    await make();
    const slower = coreSlowdown(reportOf(name));
    if (slower < least) kept = files.map((file) => readFileSync(file));
    least = Math.min(least, slower);
    if (slower <= MOST_SLOWDOWN) return;
    console.error(`${name}: the server's core took up to ${slower.toFixed(2)} times as long for the same work as in its best second.`);
  }
  files.forEach((file, i) => writeFileSync(file, kept[i]));
}

/** The report of a run that was made. */
export function reportOf(name) {
  return JSON.parse(readFileSync(path.join(out, `${name}.json`), 'utf8'));
}

export const ms = (us) => (us / 1000).toFixed(us < 10_000 ? 1 : 0);

/** A quantile of a histogram of the report, microseconds; nothing where it is empty. */
export function quantile({ count, buckets, max_us: most }, q, bits = 6) {
  if (!count) return null;
  let left = Math.ceil(q * count);
  for (const [bucket, n] of buckets) {
    left -= n;
    if (left > 0) continue;
    if (bucket < 2 << bits) return bucket;
    const shift = (bucket >> bits) - 1;
    return Math.min(most, ((1 << bits) + (bucket & ((1 << bits) - 1))) * 2 ** shift + 2 ** shift / 2);
  }
  return most;
}
