// Feeds, tracks and the storm in which every WebSocket drops at once, as the harness's scenarios play them: at the size in
// which they come, and larger. The server has core 0, levee-surge core 1; a Redis, where there is one, shares
// the server's. Each run leaves its report in build/bench/channels/.
//   LEVEE_BENCH_RUNS=feed,storm-large ./dev bench channels      makes only these
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { root, startLevee } from '../../tests/support/levee.mjs';
import { Program } from '../../tests/support/processes.mjs';
import { startRedis } from '../../tests/support/redis.mjs';
import { surgeBinary } from '../../tests/support/surge.mjs';
import { cpuSeconds, pin, table } from '../measure.mjs';
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

/** Plays one and gives its rows: one for each kind of client that was in it. */
async function play(name) {
  const { args, redis } = runs[name];
  const bus = redis ? await startRedis() : null;
  const levee = await startLevee({ 'server.threads': 1, 'srt.enabled': false, 'log.level': 'warn', ...(bus ? { 'bus.redis_url': bus.url } : {}) });
  pin(levee.program.pid, 0);
  if (bus) pin(bus.program.pid, 0);
  try {
    const file = path.join(out, `${name}.json`);
    const [cpu, start] = [cpuSeconds(levee.program.pid), Date.now()];
    const harness = new Program(name, 'taskset', ['-c', '1', surgeBinary, ...args, '--realtime', `ws://127.0.0.1:${levee.httpPort}/rt`,
      '--metrics-url', levee.adminUrl('/metrics'), '--json', file, '--quiet']);
    const { code } = await harness.ended;
    const busy = (cpuSeconds(levee.program.pid) - cpu) / ((Date.now() - start) / 1000);
    console.error(`${name}:\n${harness.output}`);
    return rows(name, JSON.parse(readFileSync(file, 'utf8')), ['held', 'broke', '', '', 'no verdict'][code], busy);
  } finally {
    await levee.stop();
    await bus?.stop();
  }
}

const sum = (phases, key) => phases.reduce((total, phase) => total + (phase[key] ?? 0), 0);

/** The histogram of all phases together: what was measured before the drop counts as what came after it. */
function merged(phases, name) {
  const buckets = new Map();
  const times = phases.map((phase) => phase.times?.[name]).filter((one) => one?.count);
  for (const one of times) for (const [bucket, n] of one.buckets) buckets.set(bucket, (buckets.get(bucket) ?? 0) + n);
  return { count: sum(times, 'count'), buckets: [...buckets].sort(([a], [b]) => a - b), max_us: Math.max(0, ...times.map((one) => one.max_us)) };
}

function rows(name, report, verdict, busy) {
  return ['chat', 'feed', 'track'].filter((kind) => report[kind] && sum(Object.values(report[kind]), 'planned') > 0).map((kind) => {
    const phases = Object.values(report[kind]);
    const time = (what, q) => {
      const us = quantile(merged(phases, what), q);
      return us === null ? '-' : ms(us);
    };
    const wrong = sum(phases, 'missed') + sum(phases, 'duplicates') + sum(phases, 'out_of_order') + sum(phases, 'unrecovered') + sum(phases, 'stale_acts_accepted');
    const truth = sum(phases, 'stale_as_live') + sum(phases, 'live_as_stale') + sum(phases, 'past_as_present');
    return [name, kind, sum(phases, 'connected'), sum(phases, 'received'), wrong, kind === 'chat' ? '-' : `${truth} of ${sum(phases, 'judged')}`,
      time('delivery', 0.5), time('delivery', 0.99), time('stale_told', 0.99), time('back', 0.99), `${(busy * 100).toFixed(0)}%`, verdict];
  });
}

mkdirSync(out, { recursive: true });
const all = [];
for (const name of process.env.LEVEE_BENCH_RUNS?.split(',') ?? Object.keys(runs)) all.push(...await play(name));
console.log('`levee-surge feed`, `track` and `storm`: as they come, with the channels on a Redis that shares the server\'s core, and larger. Wrong is what was missed without being told, came twice or out of order, a log that did not reach back, or an act on an old quote that was ' +
  'accepted; untrue is what a client was shown as fresher or older than it was, of all looks. Times are of all clients of the kind.\n');
console.log(table(['run', 'clients of', 'connected', 'received', 'wrong', 'untrue', 'delivery p50, ms', 'p99', 'stale told, p99', 'back after the drop, p99', 'server busy', 'thresholds'], all));
