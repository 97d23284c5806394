// Takes the pictures of the watch page that the README shows: docs/images/watch.png and watch-phone.png.
//   node screenshot.mjs --base http://127.0.0.1:8080 --name mystream [--out docs/images]
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Viewer, asProgram, openBrowser } from './pages.mjs';

const IMAGES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../docs/images');

const TALK = [
  ['Ann', 'Morning everyone, sound is perfect today'],
  ['Kofi', 'Just got here, did I miss the intro?'],
  ['Marisol', 'You are right on time'],
  ['tide_watcher', 'High water in twenty minutes'],
  ['Jun', 'Switched to my phone on the train, it went down to 360p and never stopped'],
  ['Ann', 'How far behind are you?'],
  ['Kofi', 'Two seconds'],
];

/** Says the talk's lines, each as its own person. */
async function talk(browser, base, name) {
  const people = new Map();
  for (const [nick, text] of TALK) {
    if (!people.has(nick)) people.set(nick, await Viewer.open(browser, base, name, { nick, width: 400, height: 300 }));
    const { page } = people.get(nick);
    // They are here to talk: eight videos would starve the one that is photographed.
    await page.evaluate(() => document.querySelector('video').paused || document.getElementById('play').click());
    await page.waitForFunction(() => !document.getElementById('send').disabled);
    await page.fill('#text', text);
    await page.press('#text', 'Enter');
    await page.waitForFunction((t) => document.getElementById('messages').textContent.includes(t), text);
  }
  return people;
}

/** Takes them. `ready` is waited for before each, while nobody watches. */
export async function screenshot({ base, name, out = IMAGES, ready = async () => {} }) {
  await mkdir(out, { recursive: true });
  const browser = await openBrowser();
  try {
    const people = await talk(browser, base, name);
    const shots = [
      ['watch.png', { width: 1280, height: 800, nick: 'Lena' }],
      ['watch-phone.png', { width: 390, height: 844, phone: true, nick: 'Lena' }],
    ];
    const files = [];
    for (const [file, look] of shots) {
      await ready();
      const viewer = await Viewer.open(browser, base, name, look);
      await viewer.playing(30);
      await viewer.until(
        'the talk, the count and the latency are shown',
        (s) => s.messages.length >= TALK.length && s.people && s.latency !== null,
      );
      // A picture of a player that has caught up; on a machine too busy for that, one of a player that has not.
      await viewer.until('the player has caught up', (s) => s.latency < 3, 15).catch(() => {});
      await viewer.page.evaluate(() => document.fonts.ready);
      if (!look.phone) await viewer.page.hover('#player'); // so that the controls are in the picture
      await viewer.page.waitForFunction(
        (shown) => getComputedStyle(document.getElementById('controls')).opacity === shown,
        look.phone ? '0' : '1',
      );
      await viewer.page.screenshot({ path: path.join(out, file) });
      await viewer.close();
      files.push(path.join(out, file));
    }
    for (const viewer of people.values()) await viewer.close();
    return { files };
  } finally {
    await browser.close();
  }
}

await asProgram(
  import.meta.url,
  { base: { type: 'string' }, name: { type: 'string', default: 'mystream' }, out: { type: 'string' } },
  (o) => screenshot({ base: o.base, name: o.name, out: o.out }),
);
