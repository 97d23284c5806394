/** The client library as it is, or with one of its rules taken out of the source text. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const kSource = fileURLToPath(new URL('../../src/', import.meta.url));

/**
 * Each takes one rule out; the simulation must notice. `edits`: [file, text, what stands in its place]. `rules`: those of
 * the model server instead.
 */
export const kMutants = [
  {
    name: 'anyFrameFresh',
    what: 'late frames count as fresh',
    edits: [['life.js', 'if (this.#clock.latest(now) - time <= this.#lagMs) this.#freshAt = now;', 'this.#freshAt = now;']],
  },
  {
    name: 'noResync',
    what: 'live again as soon as the socket opens',
    edits: [['channels/channel.js', '  lost() {\n    this.#synced = false;', '  lost() {']],
  },
  {
    name: 'noGap',
    what: 'offsets of a feed are ignored',
    edits: [
      ['channels/keyed.js', 'if (p !== this.offset) return this.missed();', ''],
      ['channels/keyed.js', 'if (epoch !== this.epoch) return this.missed();', 'return;'],
    ],
  },
  {
    name: 'noHbTimeout',
    what: 'the end of a connection is left to TCP',
    edits: [
      ['life.js', 'now - this.#freshAt <= kStaleAfter * this.#heartbeat && ', ''],
      ['life.js', 'now - this.#heardAt >= kDeadAfter * this.#heartbeat || ', ''],
    ],
  },
  {
    name: 'noSeq',
    what: 'the last record wins, whatever its sequence',
    edits: [
      ['channels/keyed.js', 'if (q && this.q && isBefore(q, this.q)) {', 'if (false) {'],
      ['channels/keyed.js', 'const isNewer = q && (!this.q || isBefore(this.q, q));', 'const isNewer = q;'],
    ],
  },
  {
    name: 'noAge',
    what: "a key's own time to live is left to the server",
    edits: [['channels/feed.js', "(this.elapsed(this.vouchedAt) <= this.ttl ? null : 'old')", 'null']],
  },
  {
    name: 'forget',
    what: 'keys that a snapshot lacks are dropped, with their watermarks',
    edits: [
      ['channels/keyed.js', 'for (const record of this.#records.values()) record.disown();', 'this.#records.clear();'],
    ],
  },
  {
    name: 'noSync',
    what: 'a feed is live before its snapshot has come',
    edits: [['channels/keyed.js', '      this.outOfSync();\n', '      this.inSync();\n']],
  },
  {
    name: 'oldSnapshot',
    what: 'a snapshot that was long under way is taken for new',
    edits: [['channels/keyed.js', 'if (life.count === this.#begun) this.inSync();', 'this.inSync();']],
  },
  {
    name: 'noDuplicates',
    what: 'log messages that were seen are given again',
    edits: [
      ['channels/log.js', 'if (o <= this.offset) return;', ''],
      ['channels/log.js', 'if (o !== this.offset + 1 + sk)', 'if (o > this.offset + 1 + sk)'],
    ],
  },
  {
    name: 'noHole',
    what: 'holes in a log are not asked for',
    edits: [['channels/log.js', 'if (o !== this.offset + 1 + sk) return this.missed();', '']],
  },
  {
    name: 'newId',
    what: 'a message is sent again under another id',
    edits: [['outbox.js', 'id: message.id, d: message.data', 'id: this.newId(), d: message.data']],
  },
  {
    name: 'noResend',
    what: 'what was on its way when the connection broke is forgotten',
    edits: [['outbox.js', 'if (item.sentOn !== this.#connection && !item.waits)', 'if (item.sentOn === 0)']],
  },
  {
    name: 'allAtOnce',
    what: 'messages do not wait for one another',
    edits: [['outbox.js', '!item.waits) this.#send(item);\n      return;', '!item.waits) this.#send(item);']],
  },
  { name: 'noSrcGate', what: 'a restarted server serves before its source said all', rules: { sourceGate: false } },
];

/** Gives {library, rules, remove()}. */
export async function load(mutant) {
  if (!mutant?.edits) return { library: await import('../../src/index.js'), rules: mutant?.rules ?? {}, remove: async () => {} };
  const folder = await mkdtemp(path.join(os.tmpdir(), `levee-client-${mutant.name}-`));
  await cp(kSource, folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  for (const [file, text, instead] of mutant.edits) {
    const place = path.join(folder, file);
    const source = await readFile(place, 'utf8');
    assert.equal(source.split(text).length, 2, `${mutant.name}: ${file} has exactly once: ${text}`);
    await writeFile(place, source.replace(text, () => instead));
  }
  const library = await import(pathToFileURL(path.join(folder, 'index.js')));
  return { library, rules: {}, remove: () => rm(folder, { recursive: true, force: true }) };
}
