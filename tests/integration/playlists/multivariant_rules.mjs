// M1 to M8: the multivariant playlist.
import { createRequire } from 'node:module';

import { need, same, skip } from './rules.mjs';

const require = createRequire(new URL('../../../web/package.json', import.meta.url));
const HLS = require('hls-parser');
const { Parser } = require('m3u8-parser');
const mp4box = require('mp4box');

HLS.setOptions({ strictMode: true, silent: true });

/** CODECS of an init segment as mp4box reads them, video first. */
export function codecsOf(init) {
  const file = mp4box.createFile();
  const data = init.buffer.slice(init.byteOffset, init.byteOffset + init.byteLength);
  data.fileStart = 0;
  file.appendBuffer(data, true);
  const { tracks } = file.getInfo();
  return tracks.map((track) => track.codec).sort();
}

/**
 * hls-parser wants parts in no more than the last three segments; the rule (L10, checked by itself) speaks of three
 * target durations, which is more when segments are shorter than the target.
 */
function withoutOlderParts(text) {
  const lines = text.split('\n');
  const ends = lines.flatMap((line, at) => (line && !line.startsWith('#') ? [at] : []));
  const from = ends.length > 2 ? ends[ends.length - 3] : -1;
  return lines.filter((line, at) => at > from || !line.startsWith('#EXT-X-PART:')).join('\n');
}

/** Both parsers from outside must take the text. */
export function parseWithOthers(text) {
  const strict = HLS.parse(withoutOlderParts(text));
  const parser = new Parser();
  parser.push(text);
  parser.end();
  return { strict, lenient: parser.manifest };
}

export function plainText(text, what) {
  need(text.startsWith('#EXTM3U\n') || text.startsWith('#EXTM3U\r\n'), `${what} does not begin with #EXTM3U`);
  need(Buffer.from(text, 'utf8').toString('utf8') === text && !text.includes('\uFFFD'), `${what} is not UTF-8`);
  // eslint-disable-next-line no-control-regex
  need(!/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f\ufeff]/.test(text), `${what} has control characters or a BOM`);
}

export async function checkMultivariant(rules, stream) {
  const { multivariant, renditions, answer } = stream;
  const { text } = answer;
  const all = multivariant.variants;
  const withPicture = all.filter((_, i) => renditions[i].hasPicture);
  const every = (variants, attribute, holds) => {
    for (const { uri, attributes } of variants)
      need(holds(attributes.get(attribute)), `${attribute}=${attributes.get(attribute)} of ${uri}`);
  };

  await rules.rule('M0', 'hls-parser (strict) and m3u8-parser read the multivariant playlist', () => {
    const { strict, lenient } = parseWithOthers(text);
    need(strict.isMasterPlaylist, 'not taken as a multivariant playlist');
    same(strict.variants.length, all.length, 'variants by hls-parser');
    same(lenient.playlists.length, all.length, 'variants by m3u8-parser');
    return renditions.map((r) => r.name).join(' ');
  });
  await rules.rule('M1', '#EXTM3U first, UTF-8, no BOM, no control characters', () => plainText(text, 'it'));
  await rules.rule('M2', 'BANDWIDTH on every variant', () => every(all, 'BANDWIDTH', (v) => /^[1-9]\d*$/.test(v)));
  await rules.rule('M3', 'CODECS names every format of the rendition', async () => {
    for (const rendition of renditions) {
      const [segment] = rendition.newest.segments;
      const inside = codecsOf(await rendition.media(segment.map));
      const told = (rendition.attributes.get('CODECS') ?? '').split(',').sort();
      same(told.join().toLowerCase(), inside.join().toLowerCase(), `${rendition.name}: told and inside`);
    }
  });
  await rules.rule('M4', 'RESOLUTION on every variant with a picture', () => {
    need(withPicture.length > 0, 'no variant has a RESOLUTION');
    for (const { uri, attributes } of all) {
      const video = /avc1|avc3|hvc1|hev1|av01|vp09/.test(attributes.get('CODECS'));
      same(video, attributes.has('RESOLUTION'), `${uri}: video codec, RESOLUTION`);
    }
  });
  await rules.rule('M5', 'FRAME-RATE on every variant with a picture', () =>
    every(withPicture, 'FRAME-RATE', (v) => Number(v) > 0),
  );
  await rules.rule('M6', 'AVERAGE-BANDWIDTH, at most BANDWIDTH', () => {
    for (const { uri, attributes } of all) {
      const average = Number(attributes.get('AVERAGE-BANDWIDTH'));
      need(
        average > 0 && average <= Number(attributes.get('BANDWIDTH')),
        `${uri}: ${attributes.get('AVERAGE-BANDWIDTH')}`,
      );
    }
  });
  await rules.rule('M7', 'several bit rates', () => {
    if (withPicture.length < 2) skip('one rendition only');
    need(new Set(withPicture.map((v) => v.attributes.get('BANDWIDTH'))).size > 1, 'all the same');
  });
  await rules.rule('M8', 'EXT-X-INDEPENDENT-SEGMENTS', () => {
    const has = (lines) => lines.includes('#EXT-X-INDEPENDENT-SEGMENTS');
    need(has(multivariant.lines) || renditions.every((r) => has(r.newest.lines)), 'missing');
  });
}
