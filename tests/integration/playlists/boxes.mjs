// Reads fragmented MP4 (ISO/IEC 14496-12): of an init segment the tracks, of media the fragments and their samples.

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'mvex', 'moof', 'traf']);

/** Boxes of `data` as a tree: [{type, start, size, body, children}]. Throws where sizes do not fit. */
export function boxes(data, start = 0, end = data.length) {
  const found = [];
  for (let at = start; at < end;) {
    if (at + 8 > end) throw new Error(`${end - at} bytes are no box`);
    let size = data.readUInt32BE(at);
    let head = 8;
    if (size === 1) {
      size = Number(data.readBigUInt64BE(at + 8));
      head = 16;
    }
    if (size < head || at + size > end) throw new Error(`a box of ${size} bytes at ${at} does not fit`);
    const type = data.toString('latin1', at + 4, at + 8);
    const box = { type, start: at, size, body: data.subarray(at + head, at + size), children: [] };
    if (CONTAINERS.has(type)) box.children = boxes(data, at + head, at + size);
    found.push(box);
    at += size;
  }
  return found;
}

export function find(list, ...path) {
  const [type, ...rest] = path;
  const here = list.filter((box) => box.type === type);
  return rest.length ? here.flatMap((box) => find(box.children, ...rest)) : here;
}

/** Tracks of an init segment: Map of id -> {handler, timescale, defaults}. */
export function readInit(data) {
  const tree = boxes(data);
  const tracks = new Map();
  for (const trak of find(tree, 'moov', 'trak')) {
    const [tkhd] = find(trak.children, 'tkhd');
    const [mdhd] = find(trak.children, 'mdia', 'mdhd');
    const [hdlr] = find(trak.children, 'mdia', 'hdlr');
    const id = tkhd.body.readUInt32BE(tkhd.body[0] === 1 ? 20 : 12);
    tracks.set(id, {
      id,
      handler: hdlr.body.toString('latin1', 8, 12),
      timescale: mdhd.body.readUInt32BE(mdhd.body[0] === 1 ? 20 : 12),
      defaults: { duration: 0, size: 0, flags: 0 },
    });
  }
  for (const { body } of find(tree, 'moov', 'mvex', 'trex')) {
    const track = tracks.get(body.readUInt32BE(4));
    if (track)
      track.defaults = { duration: body.readUInt32BE(12), size: body.readUInt32BE(16), flags: body.readUInt32BE(20) };
  }
  return { tree, tracks };
}

/** Fragments of media bytes, one entry a traf: {track, tfdt, defaultBaseIsMoof, samples: [{duration, size, flags, cts}]}. */
export function readFragments(data, tracks) {
  return find(boxes(data), 'moof', 'traf').map((traf) => readTrackFragment(traf.children, tracks));
}

function readTrackFragment(children, tracks) {
  const [tfhd] = find(children, 'tfhd');
  const flags = tfhd.body.readUInt32BE(0) & 0xffffff;
  const track = tracks.get(tfhd.body.readUInt32BE(4));
  const defaults = { ...track.defaults };
  let at = 8;
  const next = (bytes) => (at += bytes) - bytes;
  if (flags & 0x01) next(8);
  if (flags & 0x02) next(4);
  if (flags & 0x08) defaults.duration = tfhd.body.readUInt32BE(next(4));
  if (flags & 0x10) defaults.size = tfhd.body.readUInt32BE(next(4));
  if (flags & 0x20) defaults.flags = tfhd.body.readUInt32BE(next(4));
  const [tfdt] = find(children, 'tfdt');
  return {
    track,
    defaultBaseIsMoof: (flags & 0x020000) !== 0,
    tfdt: tfdt && (tfdt.body[0] === 1 ? Number(tfdt.body.readBigUInt64BE(4)) : tfdt.body.readUInt32BE(4)),
    samples: find(children, 'trun').flatMap(({ body }) => readRun(body, defaults)),
  };
}

function readRun(body, defaults) {
  const signed = body[0] !== 0;
  const flags = body.readUInt32BE(0) & 0xffffff;
  const count = body.readUInt32BE(4);
  let at = 8;
  const next = () => (at += 4) - 4;
  if (flags & 0x01) next();
  const first = flags & 0x04 ? body.readUInt32BE(next()) : null;
  const samples = [];
  for (let i = 0; i < count; i++) {
    const sample = { ...defaults, cts: 0 };
    if (flags & 0x100) sample.duration = body.readUInt32BE(next());
    if (flags & 0x200) sample.size = body.readUInt32BE(next());
    if (flags & 0x400) sample.flags = body.readUInt32BE(next());
    else if (i === 0 && first !== null) sample.flags = first;
    if (flags & 0x800) sample.cts = signed ? body.readInt32BE(next()) : body.readUInt32BE(next());
    samples.push(sample);
  }
  return samples;
}

/** sample_is_non_sync_sample is not set. */
export function isSync(sample) {
  return (sample.flags & 0x00010000) === 0;
}

export function durationOf(fragments) {
  return fragments.reduce((sum, { samples }) => sum + samples.reduce((s, { duration }) => s + duration, 0), 0);
}
