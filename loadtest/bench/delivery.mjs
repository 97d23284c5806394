// Requests a second and bits a second from memory, against nginx sending the very same bytes from tmpfs with sendfile:
// one core each for the server, the other core for the client (levee-fetch, keep-alive connections), in turns.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { startLevee } from '../../tests/support/levee.mjs';
import { Program, until } from '../../tests/support/processes.mjs';
import { pin, table } from '../measure.mjs';
import { startNginx } from '../peers/nginx.mjs';
import { underCongestion } from '../surge_stage.mjs';
import { connections, howMeasured, inTurns, percent } from '../turns.mjs';

const CONGESTION = 'cubic';

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

async function measure() {
  const nginx = await startNginx();
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

    pin(levee.program.pid, 0);

    const rows = [];
    for (const one of chosen) {
      const file = `${one.kind}.${one.kind === 'playlist' ? 'm3u8' : 'm4s'}`;
      writeFileSync(path.join(nginx.folder, file), Buffer.from(await (await fetch(one.url)).arrayBuffer()));
      const [ours, theirs] = await inTurns([{ url: one.url, pid: levee.program.pid }, { url: nginx.url(file), pid: nginx.worker }]);
      const both = (figure) => [figure(ours), figure(theirs)];
      rows.push([`${one.kind}, ${one.size} bytes`, ...both(({ rate }) => rate.toFixed(0)), ...both(({ rate }) => ((rate * one.size * 8) / 1e9).toFixed(2)),
        ...both(({ cpuMicros }) => cpuMicros.toFixed(1)), ...both(({ busy }) => percent(busy)), ...both(({ client }) => percent(client)),
        `**${(ours.rate / theirs.rate).toFixed(2)}**`]);
    }
    console.log(`Server on one core, levee-fetch with ${connections} keep-alive connections on the other, under ${CONGESTION}, ${howMeasured}.\n`);
    console.log(table(['object', 'levee requests/s', 'nginx requests/s', 'levee Gbit/s', 'nginx Gbit/s',
      'levee CPU µs/request', 'nginx CPU µs/request', 'levee busy', 'nginx busy', 'client of levee busy', 'client of nginx busy', 'levee : nginx'], rows));
  } finally {
    await levee.stop();
    await nginx.stop();
  }
}

await underCongestion(CONGESTION, measure);
