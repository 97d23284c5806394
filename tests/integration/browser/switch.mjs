// The quality follows the network: down when the bandwidth is throttled, up again when it is free.
//   node switch.mjs --base http://127.0.0.1:8080 --name mystream [--seconds 60]
import { Viewer, asProgram, check, openBrowser } from './pages.mjs';

/** Peak rate and height of each rendition with a picture, lowest first. */
async function readLadder(base, name) {
  const text = await (await fetch(`${base}/live/${name}/index.m3u8`)).text();
  const rungs = [...text.matchAll(/#EXT-X-STREAM-INF:(.*)/g)]
    .map(([, attributes]) => ({
      kbps: Number(/(?:^|,)BANDWIDTH=(\d+)/.exec(attributes)?.[1]) / 1000,
      height: Number(/RESOLUTION=\d+x(\d+)/.exec(attributes)?.[1]),
    }))
    .filter((rung) => rung.height > 0);
  return rungs.sort((a, b) => a.kbps - b.kbps);
}

export async function switchLevels({ base, name, seconds = 60 }) {
  const ladder = await readLadder(base, name);
  check(ladder.length >= 2, `a ladder of two rungs is needed, there is ${JSON.stringify(ladder)}`);
  const [low, next] = ladder;
  const browser = await openBrowser();
  try {
    const viewer = await Viewer.open(browser, base, name);
    await viewer.playing();
    const high = await viewer.until(`more than ${low.height} lines`, (s) => s.height > low.height, seconds);
    // Enough for the lowest rung with room to catch up, too little for the next.
    const kbps = Math.max(low.kbps * 1.15, Math.min(low.kbps * 1.6, (low.kbps + next.kbps) / 2));
    await viewer.throttle(kbps);
    const down = await viewer.until(
      `fewer than ${high.height} lines at ${Math.round(kbps)} kbit/s`,
      (s) => s.height < high.height && s.height > 0,
      seconds,
    );
    await viewer.until('the picture moves on the lower rung', (s) => s.time > down.time + 2, seconds);
    await viewer.throttle(0);
    const up = await viewer.until(`${high.height} lines again`, (s) => s.height >= high.height, seconds);
    check(viewer.errors.length === 0, `the page threw: ${viewer.errors.join('; ')}`);
    return {
      ladder,
      throttledKbps: Math.round(kbps),
      heights: [high.height, down.height, up.height],
      stalledMs: up.stalledMs,
      stalls: up.stalls,
    };
  } finally {
    await browser.close();
  }
}

await asProgram(
  import.meta.url,
  {
    base: { type: 'string' },
    name: { type: 'string', default: 'mystream' },
    seconds: { type: 'string', default: '60' },
  },
  (o) => switchLevels({ base: o.base, name: o.name, seconds: Number(o.seconds) }),
);
