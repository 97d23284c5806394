// The publisher goes and comes back: the page says so, and plays on by itself.
//   node blink.mjs --base http://127.0.0.1:8080 --name mystream --stop 'COMMAND' --start 'COMMAND' [--latency 5]
// The commands end and start the publisher; each must return at once.
import { spawnSync } from 'node:child_process';

import { Viewer, asProgram, check, openBrowser } from './pages.mjs';

/** `stop` and `start` may be asynchronous. */
export async function blink({ base, name, stop, start, latencyLimit = 5, seconds = 30 }) {
  const browser = await openBrowser();
  try {
    const viewer = await Viewer.open(browser, base, name);
    const before = await viewer.playing();

    const stopped = Date.now();
    await stop();
    await viewer.until('"Reconnecting" is shown', (s) => s.state === 'reconnecting' && s.badge === 'Reconnecting', 15);
    const noticedMs = Date.now() - stopped;
    const still = await viewer.until(
      'the buffer is played out',
      (s) => s.ready < 3 || s.overlay === 'Reconnecting',
      20,
    );

    const started = Date.now();
    await start();
    const back = await viewer.until('the page is live again', (s) => s.state === 'live' && s.badge === 'Live', seconds);
    const resumedMs = Date.now() - started;
    const moving = await viewer.until(
      'the picture moves again',
      (s) => s.time > Math.max(still.time, back.time) + 2 && s.frames > back.frames + 20,
      seconds,
    );
    const settled = await viewer.until(
      `latency below ${latencyLimit} s`,
      (s) => s.latency !== null && s.latency < latencyLimit,
      seconds,
    );
    check(settled.opened === before.opened, 'the page was loaded anew');
    check(viewer.errors.length === 0, `the page threw: ${viewer.errors.join('; ')}`);
    return {
      noticedMs,
      resumedMs,
      latencyBefore: before.latency,
      latencyAfter: settled.latency,
      states: moving.states,
    };
  } finally {
    await browser.close();
  }
}

function shell(command) {
  return () => {
    const { status } = spawnSync('/bin/sh', ['-c', command], { stdio: 'inherit' });
    check(status === 0, `${command} ended with ${status}`);
  };
}

await asProgram(
  import.meta.url,
  {
    base: { type: 'string' },
    name: { type: 'string', default: 'mystream' },
    stop: { type: 'string' },
    start: { type: 'string' },
    latency: { type: 'string', default: '5' },
  },
  (o) =>
    blink({ base: o.base, name: o.name, stop: shell(o.stop), start: shell(o.start), latencyLimit: Number(o.latency) }),
);
