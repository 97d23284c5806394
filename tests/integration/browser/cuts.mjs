// Two people chat; the connection of one is cut, frozen, spoiled and delayed all the while. In the end both have the same
// conversation: complete, in order, nothing twice.
import { setTimeout as sleep } from 'node:timers/promises';

import { TcpProxy } from '../../support/tcp_proxy.mjs';
import { Viewer, check, openBrowser } from './pages.mjs';

const kSayEveryMs = 1100; // below what the server lets one person say

async function join(viewer, nick) {
  await viewer.page.fill('#nick', nick);
  await viewer.page.click('#nick-form button');
  await viewer.page.waitForSelector('#text', { state: 'visible' });
}

/** Talks until `signal`; gives what was said. */
async function talk(viewer, prefix, signal) {
  const said = [];
  while (!signal.aborted) {
    said.push(`${prefix} ${said.length + 1}`);
    await viewer.page.fill('#text', said.at(-1));
    await viewer.page.press('#text', 'Enter');
    await sleep(kSayEveryMs);
  }
  return said;
}

/** Does to the connections what `i` says, and tells the page as a browser does that the network is back. */
async function trouble(proxy, page, i) {
  if (i % 17 === 16) proxy.freeze();
  else if (i % 10 === 9) proxy.corrupt();
  else proxy.cut();
  await page.evaluate(() => dispatchEvent(new Event('online')));
}

export async function cuts({ port, name, count = 50 }) {
  const proxy = await TcpProxy.start(port);
  const browser = await openBrowser();
  const done = new AbortController();
  try {
    const ann = await Viewer.open(browser, `http://127.0.0.1:${proxy.port}`, name);
    const bo = await Viewer.open(browser, `http://127.0.0.1:${port}`, name);
    for (const [viewer, nick] of [[ann, 'Ann'], [bo, 'Bo']]) {
      await viewer.page.waitForFunction(() => document.getElementById('text').placeholder === 'Say something');
      await join(viewer, nick);
    }
    const talks = [talk(ann, 'a', done.signal), talk(bo, 'b', done.signal)];
    for (let i = 0; i < count; i++) {
      if (i === count >> 1) proxy.delay(150);
      await trouble(proxy, ann.page, i);
      await sleep(300 + 700 * Math.random());
    }
    done.abort();
    const [fromAnn, fromBo] = await Promise.all(talks);
    const all = fromAnn.length + fromBo.length;
    const seen = await ann.until(`all ${all} messages`, (s) => s.messages.length >= all && s.outgoing === 0, 60);
    const other = await bo.until(`all ${all} messages at the other's`, (s) => s.messages.length >= all, 20);
    const texts = ({ messages }) => messages.map((m) => m.text);
    check(JSON.stringify(texts(seen)) === JSON.stringify(texts(other)), 'the two pages show different conversations');
    for (const [prefix, said] of [['a ', fromAnn], ['b ', fromBo]]) {
      const shown = texts(seen).filter((text) => text.startsWith(prefix));
      check(JSON.stringify(shown) === JSON.stringify(said), `said ${said}, shown ${shown}`);
    }
    check(ann.errors.length === 0, `the page threw: ${ann.errors.join('; ')}`);
    return { cuts: count, messages: all };
  } finally {
    done.abort();
    await browser.close();
    await proxy.stop();
  }
}
