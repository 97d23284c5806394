// A ladder of levee's as files: its rungs are kept for a while, once, and then written again and again into a folder as a
// live stream, so that another server can serve the very same bytes.
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { until } from '../tests/support/processes.mjs';

const SEGMENTS = 10; // kept of each rung
const LISTED = 15;

const lines = (text) => text.split('\n').filter(Boolean);

async function text(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}

async function keep(url, file) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
}

/** The whole segments of a media playlist, by number: how long each is, and where. */
function segments(playlist) {
  const all = lines(playlist);
  let number = Number(all.find((line) => line.startsWith('#EXT-X-MEDIA-SEQUENCE:')).split(':')[1]);
  const found = new Map();
  for (const [index, line] of all.entries()) {
    if (!line.startsWith('#EXTINF:')) continue;
    const uri = all.slice(index + 1).find((next) => !next.startsWith('#'));
    found.set(number++, { seconds: Number(line.slice('#EXTINF:'.length).split(',')[0]), uri });
  }
  return found;
}

/** Keeps a ladder of at least so many rungs, sound alone counted, that is live at `url`, in `folder`, unless it is there. */
export async function recordLadder(url, folder, { least }) {
  if (existsSync(path.join(folder, 'ladder.json'))) return;
  rmSync(folder, { recursive: true, force: true });
  const multivariant = await until('every rung is there', async () => {
    const listed = await text(url);
    return listed.split('#EXT-X-STREAM-INF').length > least && listed;
  }, { seconds: 30 });
  const uris = lines(multivariant).flatMap((line) => (line.startsWith('#') ? [...line.matchAll(/URI="([^"]+)"/g)].map((match) => match[1]) : [line]));
  const rungs = [...new Set(uris)].map((uri) => ({ uri, name: uri.split('/').at(-2) }));
  const first = Math.max(...segments(await text(new URL(rungs[0].uri, url))).keys());
  const ladder = { multivariant: rungs.reduce((all, { uri, name }) => all.replaceAll(uri, `${name}/index.m3u8`), multivariant), rungs: {} };
  for (const { uri, name } of rungs) {
    const at = new URL(uri, url);
    mkdirSync(path.join(folder, name), { recursive: true });
    const durations = [];
    while (durations.length < SEGMENTS) {
      const playlist = await text(at);
      const listed = segments(playlist);
      if (!durations.length) await keep(new URL(playlist.match(/#EXT-X-MAP:URI="([^"]+)"/)[1], at), path.join(folder, name, 'init.mp4'));
      for (let next = listed.get(first + durations.length); next && durations.length < SEGMENTS; next = listed.get(first + durations.length)) {
        await keep(new URL(next.uri, at), path.join(folder, name, `${durations.length}.m4s`));
        durations.push(next.seconds);
      }
      await sleep(500);
    }
    ladder.rungs[name] = durations;
  }
  writeFileSync(path.join(folder, 'ladder.json'), JSON.stringify(ladder));
}

/** What is read is the old file or the new one. */
function write(file, content) {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

/** Writes the ladder kept in `from` into `to` as a live stream, over and over, until the function that it gives is called. */
export function playLadder(from, to) {
  const { multivariant, rungs } = JSON.parse(readFileSync(path.join(from, 'ladder.json'), 'utf8'));
  const names = Object.keys(rungs);
  for (const name of names) {
    mkdirSync(path.join(to, name), { recursive: true });
    copyFileSync(path.join(from, name, 'init.mp4'), path.join(to, name, 'init.mp4'));
    for (let i = 0; i < SEGMENTS; ++i) copyFileSync(path.join(from, name, `${i}.m4s`), path.join(to, name, `${i}.m4s`));
  }
  writeFileSync(path.join(to, 'index.m3u8'), multivariant);
  const seconds = (name, number) => rungs[name][number % SEGMENTS];
  const begun = Date.now() - LISTED * 2000; // the first who come find a full window
  let made = LISTED;
  const list = (name) => {
    const first = made - LISTED;
    let at = begun;
    for (let i = 0; i < first; ++i) at += seconds(name, i) * 1000;
    const entries = Array.from({ length: LISTED }, (_, i) => first + i).map((number) =>
      `${number % SEGMENTS ? '' : '#EXT-X-DISCONTINUITY\n'}#EXTINF:${seconds(name, number)},\n${number % SEGMENTS}.m4s\n`);
    write(path.join(to, name, 'index.m3u8'), `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${first}\n` +
      `#EXT-X-MAP:URI="init.mp4"\n#EXT-X-PROGRAM-DATE-TIME:${new Date(at).toISOString()}\n${entries.join('')}`);
  };
  names.forEach(list);
  let due = Date.now();
  let timer;
  const next = () => {
    due += seconds(names[0], made) * 1000;
    timer = setTimeout(() => {
      ++made;
      names.forEach(list);
      next();
    }, due - Date.now());
  };
  next();
  return () => clearTimeout(timer);
}
