// Reads a playlist line by line, keeping the lines: what the rules speak of is the text that was served.

/** `A=1,B="x,y"` -> Map. Quoted values keep no quotes. */
export function attributes(text) {
  const found = new Map();
  for (const [, name, value] of text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g))
    found.set(name, value.replace(/^"|"$/g, ''));
  return found;
}

const after = (line) => line.slice(line.indexOf(':') + 1);

/** The variants of a multivariant playlist: [{uri, attributes}]. */
export function readMultivariant(text) {
  const lines = text.split(/\r?\n/);
  const variants = [];
  lines.forEach((line, at) => {
    if (!line.startsWith('#EXT-X-STREAM-INF:')) return;
    const uri = lines.slice(at + 1).find((next) => next && !next.startsWith('#'));
    variants.push({ uri, attributes: attributes(after(line)) });
  });
  return { lines, variants };
}

function newSegment() {
  return {
    msn: null,
    uri: null,
    duration: null,
    pdt: null,
    map: null,
    discontinuity: false,
    gap: false,
    parts: [],
    lines: [],
    partsBegan: false,
    lateTags: [],
  };
}

/**
 * A media playlist. `segments` are the complete ones, oldest first; `open` is the one that is being made, if it has
 * parts or tags already. Segments that a delta update skips are counted in `skipped` and not listed.
 */
export function readMedia(text) {
  const list = {
    text,
    lines: text.split(/\r?\n/),
    version: 1,
    sequence: 0,
    discontinuitySequence: null,
    skipped: 0,
    skips: 0,
    segments: [],
    open: null,
    hints: [],
    reports: [],
    ended: false,
    tags: new Set(),
  };
  let segment = newSegment();
  let map = null;
  for (const line of list.lines) {
    if (!line) continue;
    const tag = line.startsWith('#EXT') ? line.split(':')[0] : '';
    if (tag) list.tags.add(tag);
    const value = after(line);
    switch (tag) {
      case '#EXT-X-VERSION':
        list.version = Number(value);
        continue;
      case '#EXT-X-TARGETDURATION':
        list.target = value;
        continue;
      case '#EXT-X-MEDIA-SEQUENCE':
        list.sequence = Number(value);
        continue;
      case '#EXT-X-DISCONTINUITY-SEQUENCE':
        list.discontinuitySequence = Number(value);
        continue;
      case '#EXT-X-SERVER-CONTROL':
        list.serverControl = value;
        continue;
      case '#EXT-X-PART-INF':
        list.partTarget = Number(attributes(value).get('PART-TARGET'));
        continue;
      case '#EXT-X-SKIP':
        list.skipped += Number(attributes(value).get('SKIPPED-SEGMENTS'));
        list.skips += 1;
        continue;
      case '#EXT-X-PRELOAD-HINT':
        list.hints.push(attributes(value));
        continue;
      case '#EXT-X-RENDITION-REPORT':
        list.reports.push(attributes(value));
        continue;
      case '#EXT-X-ENDLIST':
        list.ended = true;
        continue;
      case '#EXT-X-MAP':
        map = attributes(value).get('URI');
        break;
      case '#EXT-X-PROGRAM-DATE-TIME':
        segment.pdt = value;
        break;
      case '#EXT-X-DISCONTINUITY':
        segment.discontinuity = true;
        break;
      case '#EXT-X-GAP':
        segment.gap = true;
        break;
      case '#EXTINF':
        segment.duration = parseFloat(value);
        break;
      case '#EXT-X-PART':
        segment.parts.push(readPart(value));
        break;
      default:
        if (tag || line.startsWith('#')) continue;
        segment.uri = line;
    }
    segment.lines.push(line);
    if (['#EXT-X-MAP', '#EXT-X-PROGRAM-DATE-TIME', '#EXT-X-DISCONTINUITY'].includes(tag) && segment.parts.length)
      segment.lateTags.push(tag);
    segment.map = map;
    if (segment.uri) {
      list.segments.push(segment);
      segment = newSegment();
    }
  }
  if (segment.lines.length) list.open = segment;
  const all = list.open ? [...list.segments, list.open] : list.segments;
  all.forEach((s, at) => (s.msn = list.sequence + list.skipped + at));
  list.control = attributes(list.serverControl ?? '');
  return list;
}

function readPart(value) {
  const found = attributes(value);
  return {
    uri: found.get('URI'),
    duration: Number(found.get('DURATION')),
    independent: found.get('INDEPENDENT') === 'YES',
    gap: found.get('GAP') === 'YES',
  };
}

/** Segments with their parts, the one being made included. */
export function allSegments(list) {
  return list.open ? [...list.segments, list.open] : list.segments;
}

/** The next part as a player would ask for it: {msn, part}. */
export function nextPart(list) {
  if (list.open) return { msn: list.open.msn, part: list.open.parts.length };
  return { msn: list.sequence + list.skipped + list.segments.length, part: 0 };
}
