// Checks the playlists and media that a server serves against the rules of RFC 8216bis and of Apple's authoring
// specification, by their ids in docs (M multivariant, P playlist, L low latency, F fragments, H HTTP).
//   node check.mjs --base http://127.0.0.1:8080 --name mystream [--reloads 24]
// Prints a line for each rule; exits 1 when one fails.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { checkFragments } from './fragment_rules.mjs';
import { checkText } from './media_rules.mjs';
import { checkMultivariant } from './multivariant_rules.mjs';
import { checkBlocking, checkHttp } from './request_rules.mjs';
import { Rules } from './rules.mjs';
import { follow, openStream } from './watch.mjs';

/** Watches the stream for `reloads` parts, then checks every rule. Gives the rules with their outcomes. */
export async function checkStream({ base, name, reloads = 24, rules = new Rules() }) {
  const stream = await openStream(base, name);
  await Promise.all(stream.renditions.map((rendition) => follow(rendition, reloads)));
  // Rates are measured as the stream goes on: what is told after the media were made counts.
  const after = await openStream(base, name);
  const peaks = new Map(after.renditions.map((r) => [r.name, Number(r.attributes.get('BANDWIDTH'))]));

  await checkMultivariant(rules, stream);
  await checkText(rules, stream.renditions);
  await checkFragments(rules, stream, peaks);
  await checkBlocking(rules, stream);
  await checkHttp(rules, stream);
  return rules;
}

async function main() {
  const { values } = parseArgs({
    options: {
      base: { type: 'string' },
      name: { type: 'string', default: 'mystream' },
      reloads: { type: 'string', default: '24' },
    },
  });
  const rules = await checkStream({ base: values.base, name: values.name, reloads: Number(values.reloads) });
  console.log(rules.summary);
  return rules.count('FAIL') === 0;
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    process.exit((await main()) ? 0 : 1);
  } catch (error) {
    console.error(`FAIL ${error.stack}`);
    process.exit(1);
  }
}
