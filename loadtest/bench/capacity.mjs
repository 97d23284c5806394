// How many passthrough streams a core carries, what a stream and an idle viewer cost in memory, and what happens when as
// many viewers are connected as the server may have files open.
import net from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { startLevee } from '../../tests/support/levee.mjs';
import { Program, run, until } from '../../tests/support/processes.mjs';
import { cpuSeconds, kernelBytes, mostOpenFiles, pin, residentBytes, table } from '../measure.mjs';

const STREAMS = 40;
const VIEWERS = 2000;
const SECONDS = 20;
const SPARE = 500; // files that the viewers' own process may have open beyond the server's
const WINDOW = 12; // six segments, the least that a playlist may list

const folder = mkdtempSync(path.join(os.tmpdir(), 'levee-bench-'));
const file = path.join(folder, 'source.flv');

async function makeSource() {
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=30:duration=20`,
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=20', '-vf', 'noise=alls=20:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast',
    '-pix_fmt', 'yuv420p', '-g', '60', '-sc_threshold', '0', '-b:v', '2400k', '-maxrate', '2400k', '-bufsize', '2400k', '-c:a', 'aac', '-b:a', '96k', file],
  { seconds: 120 });
}

/** One ffmpeg process publishing to several keys: reading and copying costs little, so that many fit on the other core. */
function publishMany(server, keys) {
  const outputs = keys.map((key) => `[f=flv:flvflags=no_duration_filesize]${server}/${key}`).join('|');
  return new Program('publishers', 'ffmpeg', ['-hide_banner', '-loglevel', 'warning', '-nostdin', '-re', '-stream_loop', '-1', '-i', file,
    '-map', '0', '-c', 'copy', '-flags', '+global_header', '-f', 'tee', outputs]);
}

/** Asks for `target` on a connection, and gives the status. */
function ask(socket, target) {
  return new Promise((resolve, reject) => {
    socket.once('data', (head) => resolve(Number(head.toString('latin1', 9, 12))));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended without an answer')));
    socket.write(`GET ${target} HTTP/1.1\r\nHost: l\r\n\r\n`);
  });
}

/** A connection that fetches a playlist and then keeps quiet, as a viewer between two requests. */
async function idleViewer(levee, target) {
  const socket = net.connect(levee.httpPort, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return { socket, status: await ask(socket, target) };
}

/** Opens connections until there are `count` of them or one is refused. Gives those that are served, and who was refused with what. */
async function idleViewers(levee, count, target) {
  const audience = { served: [], refused: [] };
  while (audience.served.length < count && audience.refused.length === 0) {
    const group = Math.min(100, count - audience.served.length);
    const viewers = await Promise.all(Array.from({ length: group }, () => idleViewer(levee, target)));
    for (const { socket, status } of viewers) status === 200 ? audience.served.push(socket) : audience.refused.push(status);
  }
  return audience;
}

/** As many viewers as the limit of open files lets in: what they cost, what the next ones are told, and whether the first are still served. */
async function fullHouse(levee, target) {
  const limit = mostOpenFiles() - SPARE;
  await run('prlimit', ['--pid', String(levee.program.pid), `--nofile=${limit}:${limit}`]);
  const before = { own: residentBytes(levee.program.pid), kernel: kernelBytes() };
  const { served, refused } = await idleViewers(levee, limit, target);
  const each = (after, of) => `${((after - of) / served.length / 1024).toFixed(2)} KiB`;
  const [own, kernel] = [residentBytes(levee.program.pid), kernelBytes()];
  const again = await Promise.all(served.slice(0, 100).map((socket) => ask(socket, target)));
  const [cpu, start] = [cpuSeconds(levee.program.pid), Date.now()];
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const idle = (cpuSeconds(levee.program.pid) - cpu) / ((Date.now() - start) / 1000);
  for (const socket of served) socket.destroy();
  return [
    ['files that may be open', limit],
    ['viewers connected when the first was refused', served.length],
    ['… what the next ones were told', [...new Set(refused)].join(', ')],
    ['… of the first 100, served on their connection', again.filter((status) => status === 200).length],
    ['memory of one of them, ours', each(own, before.own)],
    ['… the kernel\'s, both ends', each(kernel, before.kernel)],
    ['CPU while they are idle', `${(idle * 1000).toFixed(1)} ms a second`],
  ];
}

try {
  await makeSource();
  const levee = await startLevee({ 'server.threads': 1, 'ladder.enabled': false, 'admission.enabled': false, 'hls.window_s': WINDOW, 'stream.max_streams': 1000 });
  try {
    pin(levee.program.pid, 0);
    const before = residentBytes(levee.program.pid);
    const keys = Array.from({ length: STREAMS }, (_, i) => `stream${i}`);
    const publishers = [];
    for (let i = 0; i < STREAMS; i += 20) publishers.push(publishMany(levee.rtmpServer, keys.slice(i, i + 20)));
    for (const one of publishers) await run('taskset', ['-a', '-p', '-c', '1', String(one.pid)]);
    for (const key of keys) await levee.playable(key, { seconds: 60 });
    await until('the windows are full', async () => (await levee.metric('levee_streams')) >= STREAMS, { seconds: 30 });
    await new Promise((resolve) => setTimeout(resolve, 2 * WINDOW * 1000)); // until memory stops growing
    const [cpu, start] = [cpuSeconds(levee.program.pid), Date.now()];
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    const share = (cpuSeconds(levee.program.pid) - cpu) / ((Date.now() - start) / 1000);
    const full = residentBytes(levee.program.pid);
    const mediaBytes = (2_500_000 / 8) * WINDOW;

    for (const one of publishers) await one.kill();
    const quiet = residentBytes(levee.program.pid);
    const { served } = await idleViewers(levee, VIEWERS, `/live/${keys[0]}/source/index.m3u8`);
    const withViewers = residentBytes(levee.program.pid);
    for (const socket of served) socket.destroy();
    await until('they are gone', async () => (await levee.metric('levee_http_connections')) < 100, { seconds: 10 });

    console.log(`${STREAMS} passthrough streams of 2.5 Mb/s on one core for ${SECONDS} s, a window of ${WINDOW} s; ${VIEWERS} idle keep-alive viewers, and then as many as there may be.\n`);
    console.log(table(['figure', 'value'], [
      ['CPU of one stream', `${((share / STREAMS) * 1000).toFixed(2)} ms a second`],
      ['passthrough streams a core (CPU alone)', (STREAMS / share).toFixed(0)],
      ['memory of one stream', `${((full - before) / STREAMS / 1e6).toFixed(2)} MB, of which its window's media ${(mediaBytes / 1e6).toFixed(2)} MB`],
      ['memory of one idle viewer (ours, without the kernel\'s)', `${((withViewers - quiet) / VIEWERS / 1024).toFixed(2)} KiB`],
      ...await fullHouse(levee, `/live/${keys[0]}/source/index.m3u8`),
    ]));
  } finally {
    await levee.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
