// Plays a live stream on the watch page: no stall, frames advance, the latency shown stays below a limit.
//   node play.mjs --base http://127.0.0.1:8080 --name mystream [--seconds 30] [--latency 4]
import { setTimeout as sleep } from 'node:timers/promises';

import { Viewer, asProgram, check, openBrowser } from './pages.mjs';

export async function play({ base, name, seconds = 30, latencyLimit = 4, stallLimitMs = 0 }) {
  const browser = await openBrowser();
  try {
    const viewer = await Viewer.open(browser, base, name);
    const first = await viewer.playing(20);
    const latencies = [];
    let before = first;
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      await sleep(1000); // the pace of the samples; what must hold is checked on each
      const now = await viewer.see();
      check(now.frames > before.frames, `no new frame in a second: ${JSON.stringify(now)}`);
      check(now.stalledMs <= stallLimitMs, `stalled ${now.stalls} times, ${now.stalledMs} ms: ${JSON.stringify(now)}`);
      if (now.latency !== null) latencies.push(now.latency);
      before = now;
    }
    check(latencies.length >= seconds * 0.5, `the latency was shown in ${latencies.length} of ${seconds} samples`);
    latencies.sort((a, b) => a - b);
    const result = {
      beginning: Object.fromEntries(Object.entries(first.beginning).map(([what, ms]) => [what, Math.round(ms)])),
      latency: { min: latencies[0], median: latencies[latencies.length >> 1], max: latencies.at(-1) },
      stalls: before.stalls,
      stalledMs: before.stalledMs,
      frames: before.frames - first.frames,
      dropped: before.dropped - first.dropped,
      fps: Number(((before.frames - first.frames) / (before.time - first.time)).toFixed(1)),
      height: before.height,
      quality: before.quality,
      viewers: before.viewers,
      errors: viewer.errors,
    };
    check(
      result.latency.median < latencyLimit,
      `latency ${result.latency.median} s, limit ${latencyLimit} s: ${JSON.stringify(result)}`,
    );
    check(viewer.errors.length === 0, `the page threw: ${viewer.errors.join('; ')}`);
    return result;
  } finally {
    await browser.close();
  }
}

await asProgram(
  import.meta.url,
  {
    base: { type: 'string' },
    name: { type: 'string', default: 'mystream' },
    seconds: { type: 'string', default: '30' },
    latency: { type: 'string', default: '4' },
    'stall-ms': { type: 'string', default: '0' },
  },
  (o) =>
    play({
      base: o.base,
      name: o.name,
      seconds: Number(o.seconds),
      latencyLimit: Number(o.latency),
      stallLimitMs: Number(o['stall-ms']),
    }),
);
