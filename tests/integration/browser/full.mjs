// A full server: the page shows a waiting room that says when it is let in, and comes in by itself at about that time.
//   node full.mjs --base http://127.0.0.1:8080 --name mystream
// The server lets in few a second (admission.max_newcomers_per_s); others ask all the while until the page has asked.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { Viewer, asProgram, check, openBrowser } from './pages.mjs';

const kBetweenAsks = 60;
const kTries = 5;

/** The status of a request on a connection of its own, which would else keep its place in the line. */
function ask(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    request.on('error', reject);
  });
}

/** Newcomers that take what there is: each asks once and does not come back. */
class Crowd {
  #stopped = false;
  #asking;
  refused = 0;

  constructor(base, name) {
    this.#asking = this.#ask(`${base}/live/${name}/index.m3u8`);
  }

  async #ask(url) {
    while (!this.#stopped) {
      const status = await ask(url);
      check([200, 503].includes(status), `a newcomer got ${status}`);
      if (status === 503) this.refused++;
      if (this.refused > 0) await sleep(kBetweenAsks);
    }
  }

  async stop() {
    this.#stopped = true;
    await this.#asking;
  }
}

export async function full({ base, name }) {
  const browser = await openBrowser();
  try {
    const crowd = new Crowd(base, name);
    let viewer, told, words, promised;
    // Now and then one is lucky and gets what the crowd has left, or its second is over before it can be read.
    for (let i = 0; i < kTries && !promised; i++) {
      await viewer?.context.close();
      viewer = await Viewer.open(browser, base, name);
      const decided = (s) => s.state === 'live' || (s.badge === 'Full' && s.overlay !== '');
      told = await viewer.until('the page is let in or told to wait', decided, 20);
      words = await viewer.page.locator('#overlay-text').textContent();
      promised = told.badge === 'Full' && Number(/let in in about (\d+) s/.exec(words)?.[1]);
    }
    check(promised > 0, `the page was let in or said no time, ${kTries} times: ${words}`);
    await crowd.stop();
    check(crowd.refused > 0, 'nobody else was refused');
    const since = Date.now();
    const playing = await viewer.until('the page plays by itself', (s) => s.state === 'live' && s.frames > 20, 90);
    const waited = (Date.now() - since) / 1000;
    check(playing.opened === told.opened, 'the page was loaded anew');
    check(waited < promised * 1.5 + 6, `promised ${promised} s, took ${waited} s`);
    check(viewer.errors.length === 0, `the page threw: ${viewer.errors.join('; ')}`);
    return { words, promised, waited, states: playing.states };
  } finally {
    await browser.close();
  }
}

await asProgram(
  import.meta.url,
  { base: { type: 'string' }, name: { type: 'string', default: 'mystream' } },
  (o) => full({ base: o.base, name: o.name }),
);
