// What a surge past capacity does to those who watch already: levee with admission and without, and beside it nginx
// (serving files, as nginx-rtmp, and with levee's own ladder). The server has one core, the harness and the publisher the
// other, but for the runs that are called free. Each run leaves its report in build/bench/surge/, as JSON and as a page; a
// run that is there already is not made again, so that a long series can be made in pieces:
//   LEVEE_BENCH_RUNS=name,name ./dev bench surge      makes only these (and again)
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

import { table } from '../measure.mjs';
import {
  apart, free, harness, ms, onASteadyCore, out, quantile, reportOf, slowestSecond, source, underCongestion, withLevee, withNginxFiles, withNginxLadder, withNginxRtmp,
} from '../surge_stage.mjs';

const short = ['--warm-up', '10s', '--hold', '20s', '--cool-down', '5s'];
const lowLatency = ['surge_ll', ...short];
const plain = ['surge_plain', ...short];
const reconnect = ['reconnect', '--newcomers', '0', ...short];
const reconnectPlain = [...reconnect, '--plain', '--incumbents', '10000', '--set', 'incumbents.within=60s'];
const goodput = ['surge_ll', '--incumbents', '400', '--warm-up', '10s', '--hold', '60s', '--cool-down', '5s'];
const off = { 'admission.enabled': false };
const adapting = ['--set', 'player.start_rung=first', '--set', 'player.adapt=true'];
const ladder = [...plain, ...adapting];
const peers = { nginx: withNginxFiles, 'nginx-rtmp': withNginxRtmp, 'nginx-ladder': withNginxLadder };

/** Every run: what is published (kb/s), on which server, and what the harness is told. */
const runs = {
  // The server before it had any protection: LEVEE_BIN is a build of commit 1712a02.
  'first-ll-bbr': { kbps: 8000, first: true, congestion: 'bbr', args: lowLatency },
  'first-ll-cubic': { kbps: 8000, first: true, congestion: 'cubic', args: lowLatency },
  'first-plain-bbr': { kbps: 4000, first: true, congestion: 'bbr', args: plain },
  'first-plain-cubic': { kbps: 4000, first: true, congestion: 'cubic', args: plain },
  'll-off-bbr': { kbps: 8000, settings: off, congestion: 'bbr', args: lowLatency },
  'll-off-cubic': { kbps: 8000, settings: off, congestion: 'cubic', args: lowLatency },
  'll-bbr-1': { kbps: 8000, congestion: 'bbr', args: lowLatency },
  'll-bbr-2': { kbps: 8000, congestion: 'bbr', args: [...lowLatency, '--seed', '2'] },
  'll-cubic-1': { kbps: 8000, congestion: 'cubic', args: lowLatency },
  'll-cubic-2': { kbps: 8000, congestion: 'cubic', args: [...lowLatency, '--seed', '2'] },
  'll-ladder-cubic': { kbps: 8000, settings: { 'ladder.enabled': true }, congestion: 'cubic', args: [...lowLatency, ...adapting] },
  'll-16m-cubic': { kbps: 16000, congestion: 'cubic', args: lowLatency },
  'll-16m-cubic-2': { kbps: 16000, congestion: 'cubic', args: [...lowLatency, '--seed', '2'] },
  'll-16m-bbr': { kbps: 16000, congestion: 'bbr', args: lowLatency },
  'plain-off-cubic': { kbps: 4000, settings: off, congestion: 'cubic', args: plain },
  'plain-cubic-1': { kbps: 4000, congestion: 'cubic', args: plain },
  'plain-cubic-2': { kbps: 4000, congestion: 'cubic', args: [...plain, '--seed', '2'] },
  'plain-bbr-1': { kbps: 4000, congestion: 'bbr', args: plain },
  'plain-bbr-2': { kbps: 4000, congestion: 'bbr', args: [...plain, '--seed', '2'] },
  'plain-8m-cubic': { kbps: 8000, congestion: 'cubic', args: plain },
  'plain-8m-cubic-2': { kbps: 8000, congestion: 'cubic', args: [...plain, '--seed', '2'] },
  'plain-8m-nginx-cubic': { kbps: 8000, server: 'nginx', congestion: 'cubic', args: plain },
  'll-cubic-free': { kbps: 8000, cores: free, congestion: 'cubic', args: lowLatency },
  'll-cubic-free-2': { kbps: 8000, cores: free, congestion: 'cubic', args: [...lowLatency, '--seed', '2'] },
  'll-bbr-free': { kbps: 8000, cores: free, congestion: 'bbr', args: lowLatency },
  'plain-cubic-free': { kbps: 4000, cores: free, congestion: 'cubic', args: plain },
  'plain-cubic-free-2': { kbps: 4000, cores: free, congestion: 'cubic', args: [...plain, '--seed', '2'] },
  'plain-bbr-free': { kbps: 4000, cores: free, congestion: 'bbr', args: plain },
  'plain-nginx-cubic': { kbps: 4000, server: 'nginx', congestion: 'cubic', args: plain },
  'plain-nginx-rtmp-cubic': { kbps: 4000, server: 'nginx-rtmp', congestion: 'cubic', args: plain },
  'ladder-cubic': { kbps: 4000, settings: { 'ladder.enabled': true }, congestion: 'cubic', args: ladder },
  'ladder-nginx-cubic': { kbps: 4000, server: 'nginx-ladder', congestion: 'cubic', args: ladder },
  'plain-nginx-bbr': { kbps: 4000, server: 'nginx', congestion: 'bbr', args: plain },
  // One core carries 1,700 viewers of 40 Mb/s (the knee): as many come in all as 1.5, 3 and 10 times that.
  'goodput-1.5': { kbps: 40000, congestion: 'cubic', args: [...goodput, '--newcomers', '2150'] },
  'goodput-3': { kbps: 40000, congestion: 'cubic', args: [...goodput, '--newcomers', '4700'] },
  'goodput-10': { kbps: 40000, congestion: 'cubic', args: [...goodput, '--newcomers', '16600'] },
  'reconnect-plain': { kbps: 950, congestion: 'cubic', args: reconnectPlain },
  // They are back when they ask again, up to a target duration later: that is no promise of the server's.
  'reconnect-plain-unaware': { kbps: 950, congestion: 'cubic', args: [...reconnectPlain, '--set', 'player.reload_on_drop=false',
    '--no-thresholds', '--threshold', 'incumbents.stalled_fraction == 0', '--threshold', 'incumbents.lost == 0', '--threshold', 'incumbents.errors == 0'] },
  'reconnect-ll': { kbps: 950, congestion: 'cubic', args: [...reconnect, '--incumbents', '4000', '--set', 'incumbents.within=30s'] },
  'reconnect-nginx': { kbps: 950, server: 'nginx', congestion: 'cubic', args: reconnectPlain },
};

async function make(name) {
  const { kbps, server, settings = {}, cores = apart, congestion, args } = runs[name];
  const file = await source(kbps);
  const play = (target, metrics) => harness(name, ['run', ...args], target, metrics, cores);
  await underCongestion(congestion, () => (server ? peers[server](file, play) : withLevee(file, settings, play, cores)));
}

const p99 = (times) => (times?.count ? ms(quantile(times, 0.99)) : '-');
const limited = ({ generator }) => (generator.limits_hit.length ? 'yes' : 'no');

/** Of those who watched when it began: how many stalled from then on, of how many, and for how long. */
function stallsOf({ cohorts: { incumbents: { surge, after } } }) {
  const watched = Math.max(surge.viewers_watched + after.viewers_watched, 1);
  return [`${surge.viewers_stalled + after.viewers_stalled} of ${watched}`, ((surge.stall_us + after.stall_us) / 1e6).toFixed(1)];
}

function surgeRow(name) {
  const report = reportOf(name);
  const { before, surge, after } = report.cohorts.incumbents;
  const { admitted, refusals, errors, times } = report.cohorts.newcomers.surge;
  const kind = before.times.part_fetch?.count ? 'part_fetch' : 'segment_fetch';
  return [name, ...stallsOf(report), ...[before, surge, after].map((phase) => p99(phase.times[kind])), admitted, refusals, p99(times.refusal),
    p99(times.refusal_answer), p99(times.late), Object.values(errors).reduce((a, b) => a + b, 0), limited(report), slowestSecond(report)];
}

function reconnectRow(name) {
  const report = reportOf(name);
  const { return_time: back, media_return_time: media, late } = report.cohorts.incumbents.surge.times;
  return [name, ...stallsOf(report), p99(back), ms(back.max_us), p99(media), requestsAfterwards(report).join(' to '), p99(late), limited(report), slowestSecond(report)];
}

/** What reached viewers in the last twenty seconds, and how full the server's core was, beside what they suffered. */
function goodputRow(name) {
  const report = reportOf(name);
  const { before, surge } = report.cohorts.incumbents;
  const { series: { bin_us: bin, values }, hold_end_us: end } = report;
  const last = Math.floor(end / bin);
  const mean = (series) => values[series].points.slice(last - 20, last).reduce((sum, value) => sum + (value ?? 0), 0) / 20;
  const bytes = mean('incumbents.bytes') + mean('newcomers.bytes');
  return [name, report.cohorts.newcomers.surge.admitted, (bytes * 8 / 1e9).toFixed(1), `${(mean('server.cpu') * 100).toFixed(0)}%`, ...stallsOf(report),
    p99(before.times.part_fetch), p99(surge.times.part_fetch), limited(report), slowestSecond(report)];
}

/** The least and the most requests of a second, in the ten seconds before the harness's viewers leave: are all in step? */
function requestsAfterwards({ series, hold_end_us: end }) {
  const last = Math.floor(end / series.bin_us);
  const seconds = series.values['incumbents.requests'].points.slice(last - 10, last).map((count) => count ?? 0);
  return [Math.min(...seconds), Math.max(...seconds)];
}

mkdirSync(out, { recursive: true });
const wanted = process.env.LEVEE_BENCH_RUNS?.split(',');
for (const name of wanted ?? Object.keys(runs).filter((one) => !runs[one].first)) {
  if (wanted || !existsSync(path.join(out, `${name}.json`))) await onASteadyCore(name, () => make(name));
}
const made = Object.keys(runs).filter((name) => existsSync(path.join(out, `${name}.json`)));
console.log(`The server has one core of ${execFileSync('nproc').toString().trim()}, levee-surge and the publisher the other; the stream is \`source\` alone, 8 Mb/s at low ` +
  'latency, 4 Mb/s plain, 1 Mb/s for reconnecting, or as the run is called. Incumbents watch for 10 s before newcomers come within one second: 800 + 8,200 at low latency, ' +
  '1,000 + 18,000 plain; \`ladder\` is the plain surge on all rungs, by players that adapt, \`ll-ladder\` the same at low latency. In the runs called \`free\` nothing is held to a core: levee has an io thread on ' +
  'each, and the harness and the publisher take from both what they need. Fetch times are of parts (low latency) or segments, p99, from when they were due. ' +
  'The last column is how much longer the same work took on the server\'s core in its slowest second than in its best, as a loop beside the server measures it: that is the machine, and a run with more than 1.2 is made again, four times at most, and the steadiest counts.\n');
const kind = (name) => ['goodput', 'reconnect'].find((one) => name.startsWith(one)) ?? 'surge';
const of = (wanted) => made.filter((name) => kind(name) === wanted);
console.log(table(['run', 'incumbents that stalled', 's in stalls', 'fetch before, ms', 'in the surge', 'after', 'newcomers let in', '503', '503 p99 from due, ms', 'once begun',
  'generator began late, p99, ms', 'errors of newcomers', 'generator at its limit', 'slowest second of the core'], of('surge').map(surgeRow)));
console.log('\nThe same at low latency with 40 Mb/s and 400 incumbents, for a minute: what viewers were given in the last twenty seconds of it.\n');
console.log(table(['run', 'newcomers let in', 'Gb/s', 'core busy', 'incumbents that stalled', 's in stalls', 'part before, p99, ms', 'in the surge', 'generator at its limit',
  'slowest second of the core'], of('goodput').map(goodputRow)));
console.log('\nEvery connection is dropped at once; each viewer is back within 0.2 s and asks at once for what was under way, or for its playlist; `unaware`: who had nothing under way goes on when its next reload is due, as in a browser, which tells no page that an idle connection is gone. Times are from the drop.\n');
console.log(table(['run', 'viewers that stalled', 's in stalls', 'first answer, p99, ms', 'the last', 'media again, p99', 'requests in each second afterwards', 'generator began late, p99, ms',
  'generator at its limit', 'slowest second of the core'], of('reconnect').map(reconnectRow)));
