// A full server: the page shows a waiting room that says when it is let in, and comes in by itself at about that time.
//   node full.mjs --base http://127.0.0.1:8080 --name mystream --crowd 20
// The server lets in few a second (admission.max_newcomers_per_s); `crowd` newcomers ask before the page does.
import { Viewer, asProgram, check, openBrowser } from './pages.mjs';

/** Newcomers that ask once and never come back, until `crowd` of them are told to wait. */
async function fillUp(base, name, crowd) {
  let waiting = 0;
  for (let i = 0; i < 1000 && waiting < crowd; i++) {
    const answer = await fetch(`${base}/live/${name}/index.m3u8`);
    await answer.arrayBuffer();
    check([200, 503].includes(answer.status), `a newcomer got ${answer.status}`);
    if (answer.status === 503) waiting++;
  }
  check(waiting === crowd, `only ${waiting} newcomers were told to wait`);
}

export async function full({ base, name, crowd = 20 }) {
  const browser = await openBrowser();
  try {
    await fillUp(base, name, crowd);
    const viewer = await Viewer.open(browser, base, name);
    const told = await viewer.until('the waiting room is shown', (s) => s.badge === 'Full' && s.overlay !== '', 20);
    const words = await viewer.page.locator('#overlay-text').textContent();
    const promised = Number(/let in in about (\d+) s/.exec(words)?.[1]);
    check(promised > 0, `the page says no time: ${words}`);
    const since = Date.now();
    const playing = await viewer.until('the page plays by itself', (s) => s.state === 'live' && s.frames > 20, 60);
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
  { base: { type: 'string' }, name: { type: 'string', default: 'mystream' }, crowd: { type: 'string', default: '20' } },
  (o) => full({ base: o.base, name: o.name, crowd: Number(o.crowd) }),
);
