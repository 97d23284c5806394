// Half an hour of one stream with the default settings: whether its viewers stall, and whether the server grows.
// One viewer is Chromium on the watch page, the other one fetches every part of the source and needs no processor to speak of.
import { setTimeout as sleep } from 'node:timers/promises';

import { Viewer, openBrowser } from '../../tests/integration/browser/pages.mjs';
import { startLevee } from '../../tests/support/levee.mjs';
import { publishRtmp } from '../../tests/support/publisher.mjs';
import { median, residentBytes, table } from '../measure.mjs';
import { PartViewer } from '../part_viewer.mjs';

const MINUTES = Number(process.env.LEVEE_BENCH_SOAK_MINUTES ?? 30);
const SOURCE = { width: 1280, height: 720, videoKbps: 2500 };
/** A window of media is full by then, and memory must stay where it is. */
const SETTLED_MS = 120_000;

const levee = await startLevee({});
const publisher = publishRtmp(levee.rtmpServer, 'mystream', SOURCE);
const browser = await openBrowser();
try {
  await levee.playable('mystream', { renditions: 4, seconds: 20 });
  const chromium = await Viewer.open(browser, levee.url(''), 'mystream');
  const parts = new PartViewer(levee.url(''), 'mystream');
  const first = await chromium.playing();
  const latencies = [];
  let settled;
  let last = first;
  const trail = []; // of the last seconds, told when there is a stall
  for (const start = Date.now(); Date.now() < start + MINUTES * 60_000; ) {
    await sleep(1000);
    const now = await chromium.see();
    trail.push({ latency: now.latency, rate: now.rate, height: now.height, frames: now.frames - last.frames, dropped: now.dropped - last.dropped, ready: now.ready });
    if (trail.length > 5) trail.shift();
    if (now.stalls > last.stalls) {
      console.error(`${((Date.now() - start) / 1000).toFixed(0)} s: Chromium stalled, ${now.stalledMs} ms in all, the other viewer ` +
        `${Math.round(parts.stalledMs)} ms; the last seconds: ${JSON.stringify(trail)}`);
    }
    if (now.latency !== null) latencies.push(now.latency);
    if (!settled && Date.now() > start + SETTLED_MS) settled = residentBytes(levee.program.pid);
    last = now;
  }
  const grown = residentBytes(levee.program.pid) - (settled ?? NaN);
  const shed = await levee.metric('levee_transcode_rung_sheds_total');
  await parts.stop();
  if (chromium.errors.length) throw new Error(`the page threw: ${chromium.errors.join('; ')}`);

  console.log(`720p30 from the ffmpeg program, the whole ladder, Chromium and a viewer of every part on one machine for ${MINUTES} minutes.\n`);
  console.log(table(['figure', 'value'], [
    ['stalls in Chromium', `**${last.stalls}** (${last.stalledMs} ms)`],
    ['stalls of the viewer of every part, holding back as the playlist asks', `**${parts.stalls}** in ${parts.parts} parts (${Math.round(parts.stalledMs)} ms)`],
    ['frames shown, dropped', `${last.frames - first.frames}, ${last.dropped - first.dropped}`],
    ['behind live, median and most', `${median(latencies).toFixed(2)} s, ${Math.max(...latencies).toFixed(2)} s`],
    ['rungs shed', shed],
    [`resident memory, growth after the first ${SETTLED_MS / 60_000} minutes`, `${(grown / 1e6).toFixed(1)} MB`],
  ]));
} finally {
  await browser.close();
  await publisher.kill();
  await levee.stop();
}
