// P and L rules that show in the text of the playlists, over all reloads that were watched.
import { parseWithOthers, plainText } from './multivariant_rules.mjs';
import { allSegments, nextPart } from './playlist.mjs';
import { near, need, same, skip } from './rules.mjs';

const everyList = (renditions) => renditions.flatMap((r) => r.reloads.map(({ list }) => [r, list]));

/** Calls `body(rendition, list, segment)` for every segment of every reload. */
function eachSegment(renditions, body) {
  for (const [rendition, list] of everyList(renditions))
    for (const segment of allSegments(list)) body(rendition, list, segment);
}

/** For each media sequence number, what each rendition says of it; calls `body(msn, [[rendition, segment], ...])`. */
function eachNumber(renditions, body) {
  const found = new Map();
  for (const rendition of renditions) {
    const own = new Map();
    for (const { list } of rendition.reloads) for (const segment of list.segments) own.set(segment.msn, segment);
    for (const [msn, segment] of own) found.set(msn, [...(found.get(msn) ?? []), [rendition, segment]]);
  }
  for (const [msn, said] of found) body(msn, said);
}

export async function checkText(rules, renditions) {
  const [first] = renditions;
  const target = Number(first.newest.target);
  const lists = everyList(renditions);

  await rules.rule('P0', 'hls-parser (strict) and m3u8-parser read every playlist', () => {
    for (const [rendition, list] of lists) {
      const { strict, lenient } = parseWithOthers(list.text);
      plainText(list.text, rendition.name);
      same(
        strict.segments.filter((s) => s.uri).length,
        list.segments.length,
        `${rendition.name}: segments by hls-parser`,
      );
      same(
        lenient.segments.filter((s) => s.uri).length,
        list.segments.length,
        `${rendition.name}: segments by m3u8-parser`,
      );
    }
    return `${lists.length} playlists`;
  });
  await rules.rule('P1', 'TARGETDURATION is there, an integer, and never changes', () => {
    for (const [r, list] of lists)
      need(/^[1-9]\d*$/.test(list.target) && Number(list.target) === target, `${r.name}: ${list.target}`);
  });
  await rules.rule('P2', 'TARGETDURATION is the same in all renditions', () => {
    for (const [r, list] of lists) same(Number(list.target), target, r.name);
  });
  await rules.rule('P3', 'EXT-X-PROGRAM-DATE-TIME on every segment', () => {
    eachSegment(renditions, (r, _, s) =>
      need(s.pdt && !Number.isNaN(Date.parse(s.pdt)), `${r.name} ${s.msn}: ${s.pdt}`),
    );
  });
  await rules.rule('P4', 'EXTINF rounded is at most the target', () => {
    eachSegment(renditions, (r, _, s) =>
      need(s.uri === null || Math.round(s.duration) <= target, `${r.name} ${s.msn}: ${s.duration} > ${target}`),
    );
  });
  await rules.rule('P5', 'at least three targets of media', () => {
    for (const r of renditions) {
      const listed = r.newest.segments.reduce((sum, s) => sum + s.duration, 0);
      if (r.newest.sequence === 0 && listed < 3 * target) skip(`the stream is ${listed.toFixed(1)} s old`);
      need(listed >= 3 * target, `${r.name}: ${listed}`);
    }
  });
  await rules.rule('P6', 'at least six segments', () => {
    for (const r of renditions) {
      if (r.newest.sequence === 0 && r.newest.segments.length < 6) skip('the stream is young');
      need(r.newest.segments.length >= 6, `${r.name}: ${r.newest.segments.length}`);
    }
  });
  await rules.rule('P7', 'no EXT-X-PLAYLIST-TYPE', () => {
    for (const [r, list] of lists) need(!list.tags.has('#EXT-X-PLAYLIST-TYPE'), r.name);
  });
  await rules.rule('P8', 'EXT-X-VERSION as high as needed and no higher', () => {
    for (const [r, list] of lists) same(list.version, list.skips ? 9 : list.tags.has('#EXT-X-GAP') ? 8 : 6, r.name);
  });
  await rules.rule('P10', 'equal media sequence numbers have equal dates', () => {
    let compared = 0;
    eachNumber(renditions, (msn, said) => {
      for (const [r, s] of said) same(s.pdt, said[0][1].pdt, `${msn} in ${r.name} and ${said[0][0].name}`);
      compared += said.length > 1 ? 1 : 0;
    });
    if (renditions.length > 1) need(compared > 0, 'no number was seen in two renditions');
    return `${compared} numbers`;
  });
  await rules.rule('P12', 'MEDIA-SEQUENCE only grows, by one for each segment that leaves', () => {
    for (const r of renditions)
      for (let i = 1; i < r.reloads.length; i++) {
        const [before, now] = [r.reloads[i - 1].list, r.reloads[i].list];
        need(now.sequence >= before.sequence, `${r.name}: ${before.sequence} then ${now.sequence}`);
        const [kept] = now.segments;
        const old = kept && before.segments.find((s) => s.uri === kept.uri);
        if (old) same(old.msn, kept.msn, `${r.name}: number of ${kept.uri}`);
      }
  });
  await rules.rule('P13', 'what was published of a segment never changes', () => {
    for (const r of renditions) {
      const said = new Map();
      for (const { list } of r.reloads)
        for (const s of list.segments) {
          const text = s.lines
            .filter((line) => !line.startsWith('#EXT-X-PART:') && !line.startsWith('#EXT-X-MAP'))
            .join('\n');
          if (said.has(s.msn)) same(text, said.get(s.msn), `${r.name} ${s.msn}`);
          said.set(s.msn, text);
        }
    }
  });
  await rules.rule('P14', 'parts are only appended, or dropped all together when old', () => {
    for (const r of renditions)
      for (let i = 1; i < r.reloads.length; i++) {
        const before = new Map(allSegments(r.reloads[i - 1].list).map((s) => [s.msn, s]));
        for (const s of allSegments(r.reloads[i].list)) {
          const old = before.get(s.msn);
          if (!old || s.parts.length === 0) continue;
          need(
            old.uri === null || s.parts.length === old.parts.length,
            `${r.name} ${s.msn}: parts of a complete segment went from ${old.parts.length} to ${s.parts.length}`,
          );
          old.parts.forEach((part, at) =>
            same(JSON.stringify(s.parts[at]), JSON.stringify(part), `${r.name} ${s.msn}.${at}`),
          );
        }
      }
  });
  await rules.rule(
    'P18',
    'discontinuities at the same place in every rendition, DISCONTINUITY-SEQUENCE from the start',
    () => {
      for (const [r, list] of lists)
        need(list.discontinuitySequence !== null, `${r.name} has no EXT-X-DISCONTINUITY-SEQUENCE`);
      let seen = 0;
      eachNumber(renditions, (msn, said) => {
        for (const [r, s] of said) same(s.discontinuity, said[0][1].discontinuity, `${msn} in ${r.name}`);
        seen += said[0][1].discontinuity ? 1 : 0;
      });
      return `${seen} discontinuities`;
    },
  );
  await checkLowLatency(rules, renditions, target);
}

async function checkLowLatency(rules, renditions, target) {
  const [first] = renditions;
  const lists = everyList(renditions);
  const part = first.newest.partTarget;
  const seconds = (list, name) => Number(list.control.get(name));

  await rules.rule('L1', 'CAN-BLOCK-RELOAD=YES', () => {
    for (const [r, list] of lists) same(list.control.get('CAN-BLOCK-RELOAD'), 'YES', r.name);
  });
  await rules.rule('L2', 'PART-HOLD-BACK at least 2 part targets (MUST)', () => {
    for (const [r, list] of lists)
      need(seconds(list, 'PART-HOLD-BACK') >= 2 * part - 1e-9, `${r.name}: ${list.serverControl}`);
  });
  await rules.rule('L2b', 'PART-HOLD-BACK at least 3 part targets (SHOULD)', () => {
    for (const [r, list] of lists)
      need(seconds(list, 'PART-HOLD-BACK') >= 3 * part - 1e-9, `${r.name}: ${list.serverControl}`);
  });
  await rules.rule('L3', 'CAN-SKIP-UNTIL at least 6 targets', () => {
    for (const [r, list] of lists)
      need(
        !list.control.has('CAN-SKIP-UNTIL') || seconds(list, 'CAN-SKIP-UNTIL') >= 6 * target,
        `${r.name}: ${list.serverControl}`,
      );
  });
  await rules.rule('L4', 'HOLD-BACK, if given, at least 3 targets', () => {
    for (const [r, list] of lists)
      need(
        !list.control.has('HOLD-BACK') || seconds(list, 'HOLD-BACK') >= 3 * target,
        `${r.name}: ${list.serverControl}`,
      );
  });
  await rules.rule('L5', 'EXT-X-SERVER-CONTROL and PART-TARGET are the same in all renditions, always', () => {
    for (const [r, list] of lists) {
      same(list.serverControl, first.newest.serverControl, r.name);
      same(list.partTarget, part, r.name);
    }
    return first.newest.serverControl;
  });
  await rules.rule('L6', 'no part is longer than the part target', () => {
    let longest = 0;
    eachSegment(renditions, (r, _, s) =>
      s.parts.forEach((p, i) => {
        longest = Math.max(longest, p.duration);
        need(p.duration <= part + 1e-9, `${r.name} ${s.msn}.${i}: ${p.duration} > ${part}`);
      }),
    );
    return `longest ${longest} of ${part}`;
  });
  await rules.rule('L7', 'no part is shorter than 0.85 of the target, but the exceptions', () => {
    eachSegment(renditions, (r, _, s) =>
      s.parts.forEach((p, i) => {
        const last = i === s.parts.length - 1; // of its parent, or nobody can know yet
        const excepted = last || p.independent || p.gap || s.parts[i + 1]?.gap;
        need(excepted || p.duration >= 0.85 * part - 1e-9, `${r.name} ${s.msn}.${i}: ${p.duration} < 0.85 x ${part}`);
      }),
    );
  });
  await rules.rule('L8', 'tags of a segment stand before its first part', () => {
    eachSegment(renditions, (r, _, s) => same(s.lateTags.join(), '', `${r.name} ${s.msn}`));
  });
  await rules.rule('L10', 'no part more than 3 targets from the end', () => {
    for (const [r, list] of lists) {
      let behind = 0;
      for (const s of [...allSegments(list)].reverse()) {
        let end = behind;
        for (const [at, p] of [...s.parts.entries()].reverse()) {
          need(end <= 3 * target + 1e-6, `${r.name} ${s.msn}.${at} ends ${end.toFixed(2)} s from the end`);
          end += p.duration;
        }
        behind += s.uri ? s.duration : s.parts.reduce((sum, p) => sum + p.duration, 0);
      }
    }
  });
  await rules.rule('L11', 'one EXT-X-PRELOAD-HINT of TYPE=PART, at most one of TYPE=MAP', () => {
    for (const [r, list] of lists) {
      if (list.ended) continue;
      const types = list.hints
        .map((h) => h.get('TYPE'))
        .sort()
        .join();
      need(types === 'PART' || types === 'MAP,PART', `${r.name}: ${types || 'none'}`);
    }
  });
  await rules.rule('L12', 'a rendition report for every other rendition, relative and up to date', () => {
    for (const [r, list] of lists) {
      same(list.reports.length, renditions.length - 1, `${r.name}: reports`);
      const here = nextPart(list);
      for (const report of list.reports) {
        need(!/^([a-z]+:)?\/\//i.test(report.get('URI')), `${r.name}: ${report.get('URI')} is not relative`);
        const other = renditions.find((o) => o !== r && o.url.pathname === new URL(report.get('URI'), r.url).pathname);
        need(other, `${r.name}: no rendition at ${report.get('URI')}`);
        need(
          /^\d+$/.test(report.get('LAST-MSN')) && /^\d+$/.test(report.get('LAST-PART')),
          `${r.name}: LAST-MSN, LAST-PART of ${other.name}`,
        );
        near(
          Number(report.get('LAST-MSN')),
          here.part === 0 ? here.msn - 1 : here.msn,
          1,
          `${r.name}: LAST-MSN of ${other.name}`,
        );
      }
    }
  });
  await rules.rule('L31', 'what was hinted is listed later, under the same URI', () => {
    let hinted = 0;
    for (const r of renditions)
      for (let i = 0; i + 1 < r.reloads.length; i++) {
        const hint = r.reloads[i].list.hints.find((h) => h.get('TYPE') === 'PART');
        const next = nextPart(r.reloads[i].list);
        const later = r.reloads.slice(i + 1).map(({ list }) => list);
        const moved = later.find((list) => nextPart(list).msn > next.msn || nextPart(list).part > next.part);
        if (!hint || !moved) continue;
        need(moved.text.includes(`URI="${hint.get('URI')}"`), `${r.name}: ${hint.get('URI')} did not come`);
        hinted += 1;
      }
    return `${hinted} hints`;
  });
}
