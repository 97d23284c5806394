// The ticker on the watch page while its connection and its source are troubled: what it shows as live is compared with
// the publisher's log on one clock, for browser and publisher run on one machine.
import { setTimeout as sleep } from 'node:timers/promises';

import { TcpProxy } from '../../support/tcp_proxy.mjs';
import { check, openBrowser } from './pages.mjs';

/** 2.5 heartbeats of 1 s, what may be late and still count, and what a timer and a sample take. */
const kBoundMs = 2500 + 1500 + 700;

/** In the page: what the ticker shows as live, ten times a second. */
function sample() {
  window.shown = [];
  setInterval(() => {
    for (const { dataset } of document.querySelectorAll('#ticker .quote[data-state="live"]'))
      window.shown.push({ key: dataset.key, q: dataset.q.split(',').map(Number), at: Date.now() });
  }, 100);
}

/** `newer(key, q)`: the record that came after `q` by the publisher's log, {q, at} with `at` as Unix ms; or undefined. */
export async function prices({ port, path, newer, troubles }) {
  const proxy = await TcpProxy.start(port);
  const browser = await openBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${proxy.port}${path}`);
    await page.waitForSelector('#ticker .quote[data-state="live"]');
    await page.evaluate(sample);
    for (const trouble of troubles) {
      await trouble(proxy, page);
      await sleep(5000); // long enough for what is old to be found out
    }
    await page.waitForFunction(
      () => document.querySelectorAll('#ticker .quote[data-state="live"]').length === 3,
      null,
      { timeout: 30_000 },
    );
    const shown = await page.evaluate(() => window.shown);
    let worst = 0;
    for (const { key, q, at } of shown) worst = Math.max(worst, at - (newer(key, q)?.at ?? at));
    check(worst <= kBoundMs, `a price was shown as live for ${worst} ms after it was old`);
    check(shown.length > 100, `only ${shown.length} samples`);
    return { samples: shown.length, oldestLiveMs: worst };
  } finally {
    await browser.close();
    await proxy.stop();
  }
}

/** In a page of `port`: what becomes of acts on quotes that are new, superseded, and stale. */
export async function acts({ port, path, feed, key }) {
  const proxy = await TcpProxy.start(port);
  const browser = await openBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${proxy.port}${path}`);
    await page.evaluate(
      async ({ feed, key }) => {
        const { Realtime } = await import('/assets/client/index.js');
        const rt = new Realtime(`ws://${location.host}/rt?v=1`, { nick: 'Ann' });
        const quote = rt.channel(feed).quote(key);
        rt.connect();
        const until = async (holds) => {
          while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
        };
        await until(() => quote.state === 'live');
        window.act = async (seen) => {
          try {
            return { ok: await rt.channel(feed).act(seen, { side: 'buy' }) };
          } catch (error) {
            return { code: error.code, why: error.why };
          }
        };
        Object.assign(window, { quote, until });
      },
      { feed, key },
    );
    const fresh = await page.evaluate(async () => {
      const { q } = window.quote;
      await window.until(() => String(window.quote.q) !== String(q)); // just changed: it will stay for a moment
      return window.act(window.quote.seen);
    });
    const superseded = await page.evaluate(async () => {
      const { seen } = window.quote;
      await window.until(() => window.quote.state === 'live' && window.quote.q[1] > seen.q[1] + 5);
      return window.act(seen);
    });
    proxy.freeze();
    const stale = await page.evaluate(async () => {
      const { seen } = window.quote;
      await window.until(() => window.quote.state === 'stale');
      return window.act(seen);
    });
    check(fresh.ok, `an act on a fresh quote: ${JSON.stringify(fresh)}`);
    check(superseded.code === 4090 && superseded.why === 'superseded', `superseded: ${JSON.stringify(superseded)}`);
    check(stale.code === 4090 && stale.why === 'stale', `stale: ${JSON.stringify(stale)}`);
    return { superseded, stale };
  } finally {
    await browser.close();
    await proxy.stop();
  }
}
