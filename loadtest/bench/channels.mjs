// Feeds, tracks and the storm in which every WebSocket drops at once, as the harness's scenarios play them: at the size in
// which they come, and larger. The server has core 0, levee-surge core 1; a Redis, where there is one, shares
// the server's. Each run leaves its report in build/bench/channels/.
//   LEVEE_BENCH_RUNS=feed,storm-large ./dev bench channels      makes only these
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { root, startLevee } from '../../tests/support/levee.mjs';
import { Program } from '../../tests/support/processes.mjs';
import { startRedis } from '../../tests/support/redis.mjs';
import { surgeBinary } from '../../tests/support/surge.mjs';
import { pin, table } from '../measure.mjs';
import { ms, quantile } from '../surge_stage.mjs';

const out = path.join(root, 'build/bench/channels');
const set = (settings) => Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/** Every run: the scenario, and what makes it larger. `redis` puts the channels on one. */
const runs = {
  feed: { args: ['feed'] },
  'feed-redis': { args: ['feed'], redis: true },
  'feed-large': { args: ['feed', ...set({ 'feed.watchers': 2500, 'feed.publishers': 4 })] },
  track: { args: ['track'] },
  'track-redis': { args: ['track'], redis: true },
  'track-large': { args: ['track', ...set({ 'track.devices': 3000, 'track.watchers': 500 })] },
  storm: { args: ['storm'] },
  'storm-redis': { args: ['storm'], redis: true },
  'storm-large': { args: ['storm', ...set({ 'chat.count': 7000, 'feed.watchers': 2000, 'track.devices': 750, 'track.watchers': 250 })] },
};

async function make(name) {
  const { args, redis } = runs[name];
  const bus = redis ? await startRedis() : null;
  const levee = await startLevee({ 'server.threads': 1, 'srt.enabled': false, 'log.level': 'warn', ...(bus ? { 'bus.redis_url': bus.url } : {}) });
  pin(levee.program.pid, 0);
  if (bus) pin(bus.program.pid, 0);
  try {
    const harness = new Program(name, 'taskset', ['-c', '1', surgeBinary, ...args, '--realtime', `ws://127.0.0.1:${levee.httpPort}/rt`,
      '--metrics-url', levee.adminUrl('/metrics'), '--json', path.join(out, `${name}.json`), '--quiet']);
    await harness.ended;
    console.error(`${name}:\n${harness.output}`);
  } finally {
    await levee.stop();
    await bus?.stop();
  }
}

/** A row for each kind of client that was in the run. */
function rows(name) {
  const report = JSON.parse(readFileSync(path.join(out, `${name}.json`), 'utf8'));
  return ['chat', 'feed', 'track'].filter((kind) => report[kind]?.planned > 0).map((kind) => {
    const of = report[kind];
    const time = (what, q) => (of[what]?.count ? ms(quantile(of[what], q)) : '-');
    const sum = (...names) => names.reduce((total, one) => total + (of[one] ?? 0), 0);
    const untrue = kind === 'chat' ? '-' : `${sum('stale_as_live', 'live_as_stale', 'past_as_present')} of ${of.judged}`;
    return [name, kind, of.connected, of.received, sum('missed', 'duplicates', 'out_of_order', 'unrecovered', 'stale_acts_accepted'), untrue,
      time('delivery', 0.5), time('delivery', 0.99), time('stale_told', 0.99), time('back', 0.99), report.generator.limits_hit.length ? 'no verdict' : report.verdict];
  });
}

mkdirSync(out, { recursive: true });
const wanted = process.env.LEVEE_BENCH_RUNS?.split(',');
for (const name of wanted ?? Object.keys(runs)) await make(name);
const made = Object.keys(runs).filter((name) => existsSync(path.join(out, `${name}.json`)));
console.log(`\`levee-surge feed\`, \`track\` and \`storm\`: as they come, with the channels on a Redis that shares the server's core, and larger. Wrong is what was missed without being told,
came twice or out of order, a log that did not reach back, or an act on an old quote that was accepted; untrue is what a client was shown as fresher or older than it was, of all looks.
Times are in ms. Back is from a loss to having what was missed: of the publishers of \`feed\`, which stay away for 3 s, the devices of \`track\`, which are offline for 10 s, and of everyone in \`storm\`.
No verdict: the generator's one core was full or late, and the times are its own as well.
`);
console.log(table(['run', 'clients of', 'connected', 'received', 'wrong', 'untrue', 'delivery p50, ms', 'p99', 'stale told, p99', 'back after the drop, p99', 'thresholds'], made.flatMap(rows)));
