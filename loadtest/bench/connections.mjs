// Connections a second: a new one for every request, against nginx, one core each for the server, the other core for the
// client (levee-fetch) and the publisher, in turns. Once for a media playlist, and once for what a newcomer is told that has
// to wait.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { table } from '../measure.mjs';
import { startNginx } from '../peers/nginx.mjs';
import { source, underCongestion, withLevee } from '../surge_stage.mjs';
import { connections, howMeasured, inTurns, percent } from '../turns.mjs';

const CONGESTION = 'cubic';

/** The URL of the first media playlist of a ladder, and the playlist. */
async function playlistOf(ladder) {
  const text = await (await fetch(ladder)).text();
  const url = new URL(text.split('\n').find((line) => line.endsWith('/index.m3u8')), ladder).href;
  return { url, bytes: Buffer.from(await (await fetch(url)).arrayBuffer()) };
}

async function row(name, levee, nginx) {
  const [ours, theirs] = await inTurns([levee, nginx], { calls: true });
  const both = (figure) => [figure(ours), figure(theirs)];
  return [name, ...both(({ rate }) => rate.toFixed(0)), ...both(({ cpuMicros }) => cpuMicros.toFixed(1)), ...both(({ busy }) => percent(busy)),
    ...both(({ client }) => percent(client)), ...both(({ refused }) => percent(refused)), `**${(ours.rate / theirs.rate).toFixed(2)}**`];
}

async function measure() {
  const nginx = await startNginx();
  try {
    const file = await source(950);
    const rows = [];
    await withLevee(file, { 'hls.window_s': 20, 'admission.enabled': false }, async (ladder, metrics, pid) => {
      const playlist = await playlistOf(ladder);
      writeFileSync(path.join(nginx.folder, 'index.m3u8'), playlist.bytes);
      rows.push(await row(`playlist, ${playlist.bytes.length} bytes`, { url: playlist.url, pid }, { url: nginx.url('index.m3u8'), pid: nginx.worker }));
    });
    await withLevee(file, { 'hls.window_s': 20, 'admission.max_newcomers_per_s': 1 }, async (ladder, metrics, pid) => {
      rows.push(await row('503, come later', { url: ladder, pid }, { url: nginx.url('wait'), pid: nginx.worker }));
    });
    console.log(`Server on one core, levee-fetch with ${connections} connections on the other, each for one request and then reset by the client, under ${CONGESTION}; ${howMeasured}.\n`);
    console.log(table(['object', 'levee connections/s', 'nginx connections/s', 'levee CPU µs/connection', 'nginx CPU µs/connection', 'levee busy', 'nginx busy',
      'client of levee busy', 'client of nginx busy', 'told 503 by levee', 'by nginx', 'levee : nginx'], rows));
  } finally {
    await nginx.stop();
  }
}

await underCongestion(CONGESTION, measure);
