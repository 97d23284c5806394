// Two people chat on the watch page, on one server or on two that share a bus.
//   node chat.mjs --base http://127.0.0.1:8080 [--base http://127.0.0.1:8090] --name mystream [--video]
// With --video the stream is live, and the viewer count is expected to see both.
import { Viewer, asProgram, check, openBrowser } from './pages.mjs';

const MANY = 20;
const MARKUP = '<b>bold</b> & <img src=x onerror="document.title=1"> <script>document.title=2</script>';

async function join(viewer, nick) {
  await viewer.page.fill('#nick', nick);
  await viewer.page.click('#nick-form button');
  await viewer.page.waitForSelector('#text', { state: 'visible' });
}

async function say(viewer, text) {
  await viewer.page.waitForFunction(() => !document.getElementById('send').disabled);
  await viewer.page.fill('#text', text);
  await viewer.page.press('#text', 'Enter');
}

function has(nick, text) {
  return (s) => s.messages.filter((m) => m.nick === nick && m.text === text).length === 1;
}

export async function chat({ bases, name, video = false }) {
  const browser = await openBrowser();
  try {
    const ann = await Viewer.open(browser, bases[0], name);
    const bo = await Viewer.open(browser, bases.at(-1), name);
    for (const viewer of [ann, bo])
      await viewer.page.waitForFunction(() => document.getElementById('chat-trouble').hidden);
    await join(ann, 'Ann');
    await join(bo, 'Bo');

    await say(ann, 'hello from Ann');
    await bo.until("Ann's words at Bo's", has('Ann', 'hello from Ann'));
    await ann.until("Ann's words at her own page, once", has('Ann', 'hello from Ann'));
    await say(bo, MARKUP);
    const seen = await ann.until("Bo's words at Ann's", has('Bo', MARKUP));
    check(
      seen.messages.every((m) => m.elements === 0),
      'a message became markup',
    );
    check((await ann.page.title()).startsWith(name), 'a message ran as script');

    for (const viewer of [ann, bo]) await viewer.until('both are in the chat', (s) => /^2 /.test(s.people ?? ''));
    if (video)
      for (const viewer of [ann, bo]) await viewer.until('both are counted', (s) => Number(s.viewers) >= 2, 30);

    const order = async (viewer) => JSON.stringify((await viewer.see()).messages.map((m) => [m.nick, m.text]));
    check((await order(ann)) === (await order(bo)), 'the two pages show another order');

    // Once refused, the page lets nothing be sent until the time is up; what is taken then takes the note away.
    const tooFast = (s) => /too fast.*Wait \d+ s/.test(s.note);
    let told = null;
    for (let i = 0; i < MANY && !told; i++) {
      await say(ann, `fast ${i}`);
      told = await ann.until('being told to slow down', tooFast, 0.3).catch(() => null);
    }
    check(told, `nobody slowed Ann down in ${MANY} messages`);
    check((await ann.page.inputValue('#text')) !== '', 'what was refused was taken from the box');

    const people = (await ann.see()).people;
    await bo.close();
    const alone = await ann.until('Bo is gone', (s) => /^1 /.test(s.people ?? ''), 30);
    check(ann.errors.length === 0, `the page threw: ${ann.errors.join('; ')}`);
    return {
      messages: alone.messages.length,
      people: [people, alone.people],
      viewers: told.viewers,
      slowDown: told.note,
    };
  } finally {
    await browser.close();
  }
}

await asProgram(
  import.meta.url,
  {
    base: { type: 'string', multiple: true },
    name: { type: 'string', default: 'mystream' },
    video: { type: 'boolean', default: false },
  },
  (o) => chat({ bases: o.base, name: o.name, video: o.video }),
);
