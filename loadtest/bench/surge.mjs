// What a surge past capacity does to those who watch already: levee with admission and without, nginx beside it. The
// server has one core, the harness and the publisher the other. Each run leaves its report in build/bench/surge/, as
// JSON and as a page; a run that is there already is not made again, so that a long series can be made in pieces:
//   LEVEE_BENCH_RUNS=name,name ./dev bench surge      makes only these (and again)
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root, startLevee } from '../../tests/support/levee.mjs';
import { Program, freePort, run, until } from '../../tests/support/processes.mjs';
import { surgeBinary } from '../../tests/support/surge.mjs';
import { pin, table } from '../measure.mjs';

const out = path.join(root, 'build/bench/surge');
const media = path.join(out, 'media');
const CONGESTION = '/proc/sys/net/ipv4/tcp_congestion_control';

const short = ['--warm-up', '10s', '--hold', '20s', '--cool-down', '5s'];
const lowLatency = ['surge_ll', ...short];
const plain = ['surge_plain', ...short];
const reconnect = ['reconnect', '--newcomers', '0', ...short];
const off = { 'admission.enabled': false };

/** Every run: what is published (kb/s), on which server, and what the harness is told. */
const runs = {
  // The server before it had any protection: LEVEE_BIN is a build of commit 1712a02.
  'first-ll-bbr': { kbps: 8000, first: true, congestion: 'bbr', args: lowLatency },
  'first-ll-cubic': { kbps: 8000, first: true, congestion: 'cubic', args: lowLatency },
  'first-plain-bbr': { kbps: 4000, first: true, congestion: 'bbr', args: plain },
  'first-plain-cubic': { kbps: 4000, first: true, congestion: 'cubic', args: plain },
  'll-off-bbr': { kbps: 8000, settings: off, congestion: 'bbr', args: lowLatency },
  'll-off-cubic': { kbps: 8000, settings: off, congestion: 'cubic', args: lowLatency },
  'll-bbr-1': { kbps: 8000, congestion: 'bbr', args: lowLatency },
  'll-bbr-2': { kbps: 8000, congestion: 'bbr', args: [...lowLatency, '--seed', '2'] },
  'll-cubic-1': { kbps: 8000, congestion: 'cubic', args: lowLatency },
  'll-cubic-2': { kbps: 8000, congestion: 'cubic', args: [...lowLatency, '--seed', '2'] },
  'plain-off-cubic': { kbps: 4000, settings: off, congestion: 'cubic', args: plain },
  'plain-cubic-1': { kbps: 4000, congestion: 'cubic', args: plain },
  'plain-bbr-1': { kbps: 4000, congestion: 'bbr', args: plain },
  'plain-nginx-cubic': { kbps: 4000, server: 'nginx', congestion: 'cubic', args: plain },
  'plain-nginx-bbr': { kbps: 4000, server: 'nginx', congestion: 'bbr', args: plain },
  'reconnect-plain': { kbps: 950, congestion: 'cubic', args: [...reconnect, '--plain', '--incumbents', '10000'] },
  'reconnect-ll': { kbps: 950, congestion: 'cubic', args: [...reconnect, '--incumbents', '4000'] },
  'reconnect-nginx': { kbps: 950, server: 'nginx', congestion: 'cubic', args: [...reconnect, '--plain', '--incumbents', '10000'] },
};

/** A picture of noise, so that the encoder fills the bit rate. Made once. */
async function source(kbps) {
  const file = path.join(media, `${kbps}.flv`);
  if (existsSync(file)) return file;
  mkdirSync(media, { recursive: true });
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30:duration=20',
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=20', '-vf', 'noise=alls=60:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast',
    '-pix_fmt', 'yuv420p', '-g', '60', '-sc_threshold', '0', '-b:v', `${kbps}k`, '-minrate', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps / 2}k`,
    '-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', '-b:a', '64k', file], { seconds: 120 });
  return file;
}

function publish(file, output) {
  return new Program('publisher', 'taskset', ['-c', '1', 'ffmpeg', '-hide_banner', '-loglevel', 'warning', '-nostdin', '-re', '-stream_loop', '-1', '-i', file,
    '-c', 'copy', ...output]);
}

async function withLevee(file, settings, play) {
  const levee = await startLevee({ 'server.threads': 1, 'ladder.enabled': false, 'srt.enabled': false, ...settings });
  pin(levee.program.pid, 0);
  const publisher = publish(file, ['-flags', '+global_header', '-f', 'flv', `${levee.rtmpServer}/show`]);
  try {
    await levee.playable('show', { seconds: 30 });
    await play(levee.url('/live/show/index.m3u8'), levee.adminUrl('/metrics'));
  } finally {
    await publisher.kill();
    await levee.stop();
  }
}

/** nginx serving what ffmpeg writes into memory: 2 s segments of the same stream, plain HLS. */
async function withNginx(file, play) {
  const folder = mkdtempSync('/dev/shm/levee-surge-');
  const port = await freePort();
  writeFileSync(path.join(folder, 'nginx.conf'), `
daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid ${folder}/nginx.pid; error_log stderr warn; user root;
events { worker_connections 19900; multi_accept on; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600s; etag off;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 m4s mp4; }
  server { listen 127.0.0.1:${port} backlog=65535; root ${folder}; open_file_cache max=200 inactive=20s; open_file_cache_valid 1s; }
}`);
  const nginx = new Program('nginx', 'nginx', ['-p', folder, '-c', path.join(folder, 'nginx.conf')]);
  const publisher = publish(file, ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '15', '-hls_delete_threshold', '10', '-hls_segment_type', 'fmp4',
    '-hls_flags', 'delete_segments+program_date_time+independent_segments+temp_file', path.join(folder, 'index.m3u8')]);
  try {
    const url = `http://127.0.0.1:${port}/index.m3u8`;
    await until('nginx serves', async () => (await (await fetch(url)).text()).split('#EXTINF').length > 6, { seconds: 30 });
    pin(Number((await run('pgrep', ['-P', String(nginx.pid)])).trim()), 0);
    await play(url);
  } finally {
    await publisher.kill();
    await nginx.stop({ signal: 'SIGQUIT', seconds: 5 }).catch(() => nginx.kill());
    rmSync(folder, { recursive: true, force: true });
  }
}

async function make(name) {
  const { kbps, server, settings = {}, congestion, args } = runs[name];
  const before = readFileSync(CONGESTION, 'utf8');
  const file = await source(kbps);
  const play = async (target, metrics) => {
    const more = metrics ? ['--metrics-url', metrics] : [];
    const program = new Program(name, 'taskset', ['-c', '1', surgeBinary, 'run', ...args, '--target', target, ...more,
      '--json', path.join(out, `${name}.json`), '--html', path.join(out, `${name}.html`), '--quiet']);
    await program.ended;
    console.error(`${name}:\n${program.output}`);
  };
  writeFileSync(CONGESTION, congestion);
  try {
    await (server === 'nginx' ? withNginx(file, play) : withLevee(file, settings, play));
  } finally {
    writeFileSync(CONGESTION, before.trim());
  }
}

const ms = (us) => (us / 1000).toFixed(us < 10_000 ? 1 : 0);

/** A quantile of a histogram of the report, microseconds; nothing where it is empty. */
function quantile({ count, buckets, max_us: most }, q, bits = 6) {
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

function row(name) {
  const report = JSON.parse(readFileSync(path.join(out, `${name}.json`), 'utf8'));
  const { before, surge, after } = report.cohorts.incumbents;
  const newcomers = report.cohorts.newcomers?.surge;
  const kind = before.times.part_fetch?.count ? 'part_fetch' : 'segment_fetch';
  const p99 = (phase) => (phase.times[kind].count ? ms(quantile(phase.times[kind], 0.99)) : '-');
  const watched = Math.max(surge.viewers_watched + after.viewers_watched, 1);
  const stalled = surge.viewers_stalled + after.viewers_stalled;
  return [name, `${stalled} of ${watched}`, ((surge.stall_us + after.stall_us) / 1e6).toFixed(1), p99(before), p99(surge), p99(after),
    newcomers ? newcomers.admitted : '-', newcomers ? newcomers.refusals : '-', newcomers?.times.refusal.count ? ms(quantile(newcomers.times.refusal, 0.99)) : '-',
    newcomers ? Object.values(newcomers.errors).reduce((a, b) => a + b, 0) : '-',
    surge.times.return_time.count ? ms(quantile(surge.times.return_time, 0.99)) : '-',
    report.generator.limits_hit.length ? 'yes' : 'no'];
}

mkdirSync(out, { recursive: true });
const wanted = process.env.LEVEE_BENCH_RUNS?.split(',');
for (const name of wanted ?? Object.keys(runs).filter((one) => !runs[one].first)) {
  if (wanted || !existsSync(path.join(out, `${name}.json`))) await make(name);
}
const made = Object.keys(runs).filter((name) => existsSync(path.join(out, `${name}.json`)));
console.log(`The server has one core of ${execFileSync('nproc').toString().trim()}, levee-surge and the publisher the other; the stream is \`source\` alone, 8 Mb/s at low ` +
  'latency, 4 Mb/s plain, 1 Mb/s for reconnecting. Incumbents watch for 10 s before newcomers come within one second: 800 + 8,200 at low latency, ' +
  '1,000 + 18,000 plain. Fetch times are of parts (low latency) or segments, p99, from when they were due.\n');
console.log(table(['run', 'incumbents that stalled', 's in stalls', 'fetch before, ms', 'in the surge', 'after', 'newcomers let in', '503', '503 p99, ms',
  'errors of newcomers', 'back after a drop, p99, ms', 'generator at its limit'], made.map(row)));
