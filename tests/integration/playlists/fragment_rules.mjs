// F rules, and the P and L rules that compare what a playlist says with the media it names.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { boxes, durationOf, find, isSync, readFragments, readInit } from './boxes.mjs';
import { codecsOf } from './multivariant_rules.mjs';

import { near, need, same } from './rules.mjs';

const SEGMENTS = 3;

/** The newest complete segments that still list their parts, with their media read. */
async function readNewest(rendition) {
  const chosen = rendition.newest.segments.filter((s) => s.parts.length && !s.gap).slice(-SEGMENTS);
  need(chosen.length > 0, `${rendition.name}: no complete segment lists parts`);
  const segments = [];
  for (const listed of chosen) {
    const init = readInit(await rendition.media(listed.map));
    const body = await rendition.media(listed.uri);
    const parts = [];
    for (const part of listed.parts) {
      const bytes = await rendition.media(part.uri);
      parts.push({ listed: part, bytes, fragments: readFragments(bytes, init.tracks) });
    }
    segments.push({ listed, init, body, parts, fragments: readFragments(body, init.tracks) });
  }
  return segments;
}

const lead = (fragments) => fragments.find((f) => f.track.handler === 'vide') ?? fragments[0];
const ofTrack = (fragments, id) => fragments.filter((f) => f.track.id === id);
const start = (fragment) => (fragment.tfdt + fragment.samples[0].cts) / fragment.track.timescale;
const frame = (fragment) => fragment.samples[0].duration / fragment.track.timescale;

export async function checkFragments(rules, stream, peaks) {
  const { renditions } = stream;
  const read = new Map();
  await rules.rule('F0', 'media of the newest segments can be fetched and read', async () => {
    for (const rendition of renditions) read.set(rendition, await readNewest(rendition));
  });
  if (read.size < renditions.length) return;
  const segments = [...read].flatMap(([rendition, list]) =>
    list.map((s) => [rendition, s, `${rendition.name} ${s.listed.msn}`]),
  );

  await rules.rule('F1', 'init has ftyp and moov with mvex, and no samples', () => {
    for (const [, { init }, name] of segments) {
      same(
        init.tree
          .map((b) => b.type)
          .filter((t) => t !== 'free')
          .join(),
        'ftyp,moov',
        name,
      );
      need(find(init.tree, 'moov', 'mvex', 'trex').length === init.tracks.size, `${name}: a trex for each track`);
    }
  });
  await rules.rule('F2', 'tfdt in each traf', () => {
    for (const [, { fragments }, name] of segments) for (const f of fragments) need(f.tfdt !== undefined, name);
  });
  await rules.rule('F3', 'default-base-is-moof', () => {
    for (const [, { fragments }, name] of segments) for (const f of fragments) need(f.defaultBaseIsMoof, name);
  });
  await rules.rule('F4', 'every segment begins with a sync sample', () => {
    for (const [, { fragments, listed }, name] of segments)
      need(isSync(lead(fragments).samples[0]), `${name} (${listed.uri})`);
  });
  await rules.rule('F5', 'tfdt goes on exactly, in every track', () => {
    for (const [rendition, list] of read)
      for (const { id } of list[0].init.tracks.values()) {
        let expected = null;
        for (const { listed, fragments } of list)
          for (const f of ofTrack(fragments, id)) {
            if (expected !== null && !listed.discontinuity)
              same(f.tfdt, expected, `${rendition.name} ${listed.msn}, track ${id}`);
            expected = f.tfdt + durationOf([f]);
          }
      }
  });
  await rules.rule('P9', 'EXTINF is the real duration within one frame, sums too', () => {
    for (const [rendition, list] of read) {
      let told = 0;
      let real = 0;
      for (const { listed, fragments } of list) {
        const main = ofTrack(fragments, lead(fragments).track.id);
        const duration = durationOf(main) / main[0].track.timescale;
        near(listed.duration, duration, frame(main[0]), `${rendition.name} ${listed.msn}`);
        told += listed.duration;
        real += duration;
      }
      near(told, real, frame(lead(list[0].fragments)), `${rendition.name}: sum`);
    }
  });
  await rules.rule('P11', 'equal media sequence numbers have equal media times', () => {
    const first = new Map();
    let compared = 0;
    for (const [, { listed, fragments }, name] of segments) {
      const main = lead(fragments);
      const known = first.get(listed.msn);
      if (known) {
        // Sound has no frame at exactly the picture's time: the one that holds it counts.
        const slack = main.track.handler === 'vide' && known.handler === 'vide' ? 0.0005 : 1024 / 44100;
        near(start(main), known.time, slack, `${name} and ${known.name}`);
        compared += 1;
      } else first.set(listed.msn, { time: start(main), handler: main.track.handler, name });
    }
    if (renditions.length > 1) need(compared > 0, 'nothing to compare');
    return `${compared} comparisons`;
  });
  await checkParts(rules, segments);
  await rules.rule('M9', 'no segment is more than 10 % over BANDWIDTH', async () => {
    for (const rendition of renditions) {
      const told = peaks.get(rendition.name);
      if (!told) continue;
      for (const { uri, duration, msn, gap } of rendition.newest.segments.filter((s) => !s.gap).slice(-8)) {
        if (gap) continue;
        const rate = ((await rendition.media(uri)).length * 8) / duration;
        need(rate <= told * 1.1, `${rendition.name} ${msn}: ${Math.round(rate)} of ${told}`);
      }
    }
  });
  await rules.rule('F8', 'mp4box and ffprobe read the newest segment of every rendition', () => {
    for (const [rendition, list] of read) readWithOthers(rendition, list.at(-1));
  });
}

async function checkParts(rules, segments) {
  await rules.rule('L9', 'parts add up to their segment', () => {
    for (const [, { listed, fragments }, name] of segments) {
      const sum = listed.parts.reduce((total, p) => total + p.duration, 0);
      near(sum, listed.duration, frame(lead(fragments)), name);
    }
  });
  await rules.rule('L13', 'INDEPENDENT=YES where a part begins with a sync sample, only there', () => {
    for (const [, { parts }, name] of segments)
      parts.forEach(({ listed, fragments }, at) => {
        if (listed.gap) return;
        const main = lead(fragments);
        if (main.track.handler !== 'vide') return;
        const independent = isSync(main.samples[0]);
        same(listed.independent, independent, `${name}.${at}`);
      });
  });
  await rules.rule('L14', 'DURATION of a part is the real one within a millisecond', () => {
    for (const [, { parts }, name] of segments)
      parts.forEach(({ listed, fragments }, at) => {
        if (listed.gap) return;
        const main = lead(fragments);
        const within = main.track.handler === 'vide' ? 0.001 : frame(main);
        near(
          listed.duration,
          durationOf(ofTrack(fragments, main.track.id)) / main.track.timescale,
          within,
          `${name}.${at}`,
        );
      });
  });
  await rules.rule('L15', 'parts hold exactly the samples of their segment', () => {
    const samples = (fragments) =>
      fragments
        .flatMap((f) => f.samples.map((s) => [f.track.id, s.duration, s.size, s.cts].join()))
        .sort()
        .join(' ');
    for (const [, { parts, fragments, body }, name] of segments) {
      const all = Buffer.concat(parts.map((p) => p.bytes));
      if (!all.equals(body)) same(samples(parts.flatMap((p) => p.fragments)), samples(fragments), name);
    }
  });
}

function readWithOthers(rendition, { listed, init, body }) {
  const initBytes = Buffer.concat(init.tree.map((b) => Buffer.concat([header(b), b.body])));
  need(boxes(initBytes).length > 0, 'init');
  same(codecsOf(initBytes).length, init.tracks.size, `${rendition.name}: tracks by mp4box`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'levee-probe-'));
  try {
    const file = path.join(folder, 'segment.mp4');
    writeFileSync(file, Buffer.concat([initBytes, body]));
    const { status, stdout, stderr } = spawnSync(
      'ffprobe',
      ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'json', file],
      { encoding: 'utf8' },
    );
    need(status === 0, `${rendition.name}: ffprobe: ${stderr}`);
    const { streams } = JSON.parse(stdout);
    same(streams.length, init.tracks.size, `${rendition.name}: tracks by ffprobe`);
    const video = streams.find((s) => s.width);
    if (rendition.hasPicture)
      same(
        `${video?.width}x${video?.height}`,
        rendition.attributes.get('RESOLUTION'),
        `${rendition.name} ${listed.msn}: picture`,
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function header(box) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(box.body.length + 8);
  head.write(box.type, 4, 'latin1');
  return head;
}
