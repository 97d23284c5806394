// Requests a second and bits a second from memory, against nginx sending the very same bytes from tmpfs with sendfile:
// one core each for the server, the other core for the client (levee-fetch, 64 keep-alive connections), in turns.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { binary, startLevee } from '../../tests/support/levee.mjs';
import { Program, freePort, run, until } from '../../tests/support/processes.mjs';
import { cpuSeconds, median, pin, table } from '../measure.mjs';

const fetcher = path.join(path.dirname(binary), 'levee-fetch');
const ROUNDS = 3;
const SECONDS = 4;

/** A picture of noise, so that the encoder fills the bit rate. */
function publishNoise(server, key, kbps) {
  const picture = 'testsrc2=size=640x360:rate=30,noise=alls=60:allf=t';
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-sc_threshold', '0',
    '-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps / 2}k`, '-threads', '1'];
  return new Program(`ffmpeg ${key}`, 'ffmpeg', ['-hide_banner', '-loglevel', 'warning', '-nostdin', '-re', '-f', 'lavfi', '-i', picture,
    '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', ...encoder, '-c:a', 'aac', '-b:a', '64k', '-f', 'flv', `${server}/${key}`]);
}

/** Every URL of a rendition's playlist, with its size. */
async function objects(levee, name) {
  const top = await (await fetch(levee.url(`/live/${name}/index.m3u8`))).text();
  const playlistUrl = new URL(top.split('\n').find((line) => line.includes('source/')), levee.url(`/live/${name}/`)).href;
  const text = await (await fetch(playlistUrl)).text();
  const names = [...text.matchAll(/^(?!#)(\S+\.m4s)$|EXT-X-PART:.*?URI="([^"]+)"/gm)].map((match) => match[1] ?? match[2]);
  const found = [{ url: playlistUrl, size: Buffer.byteLength(text), kind: 'playlist' }];
  for (const one of names) {
    const url = new URL(one, playlistUrl).href;
    const answer = await fetch(url, { method: 'HEAD' });
    found.push({ url, size: Number(answer.headers.get('content-length')), kind: one.includes('-p') ? 'part' : 'segment' });
  }
  return found;
}

async function load(url, pid) {
  const before = cpuSeconds(pid);
  const output = await run('taskset', ['-c', '1', fetcher, url, '64', String(SECONDS)], { seconds: SECONDS + 20 });
  const cpu = cpuSeconds(pid) - before;
  const told = JSON.parse(output);
  return { rate: told.responses / told.seconds, cpuMicros: (cpu / told.responses) * 1e6, busy: cpu / told.seconds, client: told.cpu_seconds / told.seconds };
}

function startNginx(folder, port) {
  writeFileSync(path.join(folder, 'nginx.conf'), `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr warn; user root;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; open_file_cache max=100 inactive=1h;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 m4s; }
  server { listen 127.0.0.1:${port}; root ${folder}; }
}`);
  return new Program('nginx', 'nginx', ['-p', folder, '-c', path.join(folder, 'nginx.conf')]);
}

const folder = mkdtempSync('/dev/shm/levee-bench-');
const levee = await startLevee({ 'server.threads': 1, 'ladder.enabled': false, 'admission.enabled': false, 'hls.window_s': 20, 'stream.grace_s': 600 });
try {
  const publishers = [publishNoise(levee.rtmpServer, 'large', 6000), publishNoise(levee.rtmpServer, 'small', 900)];
  for (const name of ['large', 'small']) {
    await levee.playable(name);
    await until(`${name} has a full window`, async () => (await objects(levee, name)).filter((one) => one.kind === 'segment').length >= 10,
      { seconds: 60, every: 2 });
  }
  for (const one of publishers) await one.kill();

  const all = [...(await objects(levee, 'large')), ...(await objects(levee, 'small'))];
  const nearest = (kind, size) => all.filter((one) => one.kind === kind)
    .reduce((best, one) => (Math.abs(one.size - size) < Math.abs(best.size - size) ? one : best));
  const chosen = [nearest('playlist', 2048), nearest('part', 40_000), nearest('segment', 1_500_000)];

  const port = await freePort();
  const nginx = startNginx(folder, port);
  for (const [i, one] of chosen.entries()) {
    one.file = `${i}.${one.kind === 'playlist' ? 'm3u8' : 'm4s'}`;
    writeFileSync(path.join(folder, one.file), Buffer.from(await (await fetch(one.url)).arrayBuffer()));
  }
  const worker = await until('nginx serves', async () => {
    if (!(await fetch(`http://127.0.0.1:${port}/${chosen[0].file}`)).ok) return null;
    return Number((await run('pgrep', ['-P', String(nginx.pid)])).trim());
  });
  pin(levee.program.pid, 0);
  pin(worker, 0);

  const rows = [];
  for (const one of chosen) {
    const ours = [];
    const theirs = [];
    for (let round = 0; round < ROUNDS; ++round) {
      ours.push(await load(one.url, levee.program.pid));
      theirs.push(await load(`http://127.0.0.1:${port}/${one.file}`, worker));
    }
    const rate = (runs) => median(runs.map((r) => r.rate));
    const micros = (runs) => median(runs.map((r) => r.cpuMicros)).toFixed(1);
    const share = (runs, of) => `${(median(runs.map(of)) * 100).toFixed(0)}%`;
    const gbits = (runs) => ((rate(runs) * one.size * 8) / 1e9).toFixed(2);
    rows.push([`${one.kind}, ${one.size} bytes`, rate(ours).toFixed(0), rate(theirs).toFixed(0), gbits(ours), gbits(theirs),
      micros(ours), micros(theirs), share(ours, (r) => r.busy), share(theirs, (r) => r.busy), share(ours, (r) => r.client),
      share(theirs, (r) => r.client), `**${(rate(ours) / rate(theirs)).toFixed(2)}**`]);
  }
  console.log(`Server on one core, levee-fetch with 64 keep-alive connections on the other, median of ${ROUNDS} turns of ${SECONDS} s each.\n`);
  console.log(table(['object', 'levee requests/s', 'nginx requests/s', 'levee Gbit/s', 'nginx Gbit/s',
    'levee CPU µs/request', 'nginx CPU µs/request', 'levee busy', 'nginx busy', 'client of levee busy', 'client of nginx busy', 'levee : nginx'], rows));
  await nginx.stop({ signal: 'SIGQUIT' });
} finally {
  await levee.stop();
  rmSync(folder, { recursive: true, force: true });
}
