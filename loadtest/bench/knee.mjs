// The knee: the largest steady audience that one core carries with every promise kept, as `levee-surge limit` finds it,
// and then ten times as many newcomers within five seconds at 60 % of it, or as many as may have a descriptor: with
// 40 Mb/s ten times as many may. Admission is off for the search, which is after what the server can carry, and on for
// the surge. LEVEE_BENCH_RUNS=name,name makes only these: searches with their surges, or a surge on what the search that
// was made last has found.
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

import { mostOpenFiles, table } from '../measure.mjs';
import { harness, ms, onASteadyCore, out, quantile, reportOf, slowestSecond, source, underCongestion, withLevee } from '../surge_stage.mjs';

const search = ['--warm-up', '5s', '--hold', '8s', '--cool-down', '0s', '--set', 'limit.surge=false', '--set', 'limit.settle=2s',
  '--set', 'limit.arrivals_per_second=400', '--set', 'limit.precision=0.12'];
const promises = ['--no-thresholds', '--threshold', 'incumbents.steady_fraction == 1', '--threshold', 'incumbents.stalled_fraction == 0',
  '--threshold', 'incumbents.errors == 0'];
const searchBy = (scenario) => (kbps, least, most) => ({ kbps, args: [scenario, ...search, ...promises, '--set', `limit.least=${least}`, '--set', `limit.most=${most}`] });
const lowLatency = searchBy('surge_ll');
const plain = searchBy('surge_plain');
// 8,400 is what may have two descriptors each.
const lowLatency1m = lowLatency(950, 6500, 8400);
// Of which a viewer asks four times a second in place of six: a part and a playlist each.
const halfSecondParts = { 'hls.part_ms': 500, 'hls.part_hold_back_ms': 1600 };

/** Each search: what is published, under which congestion control, and with which seeds the surge after it is made; none: no surge. */
const searches = {
  'knee-ll-cubic': { ...lowLatency(8000, 1000, 8000), congestion: 'cubic', seeds: [1, 2] },
  'knee-ll-bbr': { ...lowLatency(8000, 1000, 8000), congestion: 'bbr', seeds: [1, 2] },
  'knee-ll-40m-cubic': { ...lowLatency(40000, 400, 2000), congestion: 'cubic', seeds: [1, 2, 3] },
  'knee-ll-40m-bbr': { ...lowLatency(40000, 400, 2000), congestion: 'bbr', seeds: [1, 2] },
  'knee-ll-16m-cubic': { ...lowLatency(16000, 800, 4500), congestion: 'cubic', seeds: [] },
  'knee-ll-1m-cubic': { ...lowLatency1m, congestion: 'cubic', seeds: [1] },
  'knee-ll-1m-half-cubic': { ...lowLatency1m, settings: halfSecondParts, congestion: 'cubic', seeds: [1] },
  'knee-plain-cubic': { ...plain(4000, 4000, 19000), congestion: 'cubic', seeds: [] },
  'knee-plain-8m-cubic': { ...plain(8000, 2000, 10000), congestion: 'cubic', seeds: [] },
};
const tenfoldsOf = (name) => searches[name].seeds.map((seed) => `${name.replace('knee', 'tenfold')}-${seed}`);

// Viewers at low latency have two connections each, those who are let in meanwhile too: up to as many again.
const mostNewcomers = (incumbents) => mostOpenFiles() - 3 * incumbents - 500;

/** Makes a search, and then its surges. */
async function make(name) {
  const { kbps, args, congestion, settings = {} } = searches[name];
  const file = await source(kbps);
  await underCongestion(congestion, () => withLevee(file, { ...settings, 'admission.enabled': false }, (target, metrics) => harness(name, ['limit', ...args], target, metrics)));
  for (const run of tenfoldsOf(name)) await makeTenfold(run);
}

/** Makes a surge, on as many as the search before it found. */
async function makeTenfold(run) {
  const name = Object.keys(searches).find((one) => tenfoldsOf(one).includes(run));
  const { kbps, congestion, settings = {} } = searches[name];
  const { steady } = reportOf(name).limit;
  if (!steady) return;
  const incumbents = Math.round(steady * 0.6);
  const args = ['run', 'surge_10x', '--incumbents', String(incumbents), '--newcomers', String(Math.min(incumbents * 10, mostNewcomers(incumbents))),
    '--warm-up', '10s', '--hold', '20s', '--cool-down', '5s', '--set', `incumbents.within=${Math.ceil(incumbents / 100)}s`, '--seed', run.split('-').at(-1)];
  const file = await source(kbps);
  await underCongestion(congestion, () => onASteadyCore(run, () => withLevee(file, settings, (target, metrics) => harness(run, args, target, metrics))));
}

function kneeRow(name) {
  const { limit } = reportOf(name);
  const broke = limit.tries.filter((one) => !one.held).map((one) => one.incumbents);
  return [name, limit.steady ?? 'none', broke.length ? Math.min(...broke) : 'none', limit.steady_gave_way || '-', limit.tries.length];
}

function tenfoldRow(name) {
  const report = reportOf(name);
  const { before, surge, after } = report.cohorts.incumbents;
  const newcomers = report.cohorts.newcomers.surge;
  const p99 = (phase) => ms(quantile(phase.times.part_fetch, 0.99));
  return [name, surge.steady, newcomers.planned, (newcomers.planned / surge.steady).toFixed(1), surge.viewers_stalled + after.viewers_stalled, p99(before), p99(surge), p99(after), newcomers.admitted,
    ms(quantile(newcomers.times.refusal, 0.99) ?? 0), ms(quantile(newcomers.times.refusal_answer, 0.99) ?? 0),
    Object.values(newcomers.errors).reduce((a, b) => a + b, 0), report.generator.limits_hit.length ? 'yes' : 'no', slowestSecond(report)];
}

mkdirSync(out, { recursive: true });
const made = (name) => existsSync(path.join(out, `${name}.json`));
for (const name of process.env.LEVEE_BENCH_RUNS?.split(',') ?? Object.keys(searches)) await (searches[name] ? make(name) : makeTenfold(name));
console.log('One core of two serves `source`, 8 Mb/s in parts (ll), 4 Mb/s in segments (plain), or as the search is called (1m is 950 kb/s); levee-surge has the other.\n');
console.log(table(['search', 'largest audience that held', 'smallest that broke', 'what gave way', 'tries'], Object.keys(searches).filter(made).map(kneeRow)));
console.log('\nTen times as many within five seconds, or as many as may have a descriptor, at 60 % of that, with admission, one run a seed:\n');
console.log(table(['run', 'incumbents', 'newcomers', 'times as many', 'stalled', 'part p99 before, ms', 'in the surge', 'after', 'newcomers let in', '503 p99 from due, ms', 'once begun', 'errors of newcomers',
  'generator at its limit', 'slowest second of the core'], Object.keys(searches).flatMap(tenfoldsOf).filter(made).map(tenfoldRow)));
