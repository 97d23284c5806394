// How often tracked devices report and how far off they are shown, over made traces in virtual time: the client library's own
// reporter, connection and channel against the server's own engine (loadtest/tracks). No clock is read: the figures are the
// same on every machine.
//   LEVEE_BENCH_TRACES=N ./dev bench tracks      N traces of each kind instead of 4
import { mkdirSync, writeFileSync } from 'node:fs';

import { table } from '../measure.mjs';
import { aims } from '../tracks/aims.mjs';
import { measure } from '../tracks/figures.mjs';
import { picture } from '../tracks/picture.mjs';
import { every, timeDistanceTurn } from '../tracks/rules.mjs';
import { kKinds, makeTraces } from '../tracks/traces.mjs';

const policies = [
  { name: 'fixed 5 s', rule: every(5) },
  { name: 'fixed 60 s', rule: every(60), receiverShare: 10 / 60 },
  { name: '300 s / 75 m / 30 degrees', rule: timeDistanceTurn(300, 75, 30) },
  { name: 'levee, watched' },
  { name: 'levee, unwatched', watched: false },
];

const started = performance.now();
const traces = makeTraces(Number(process.env.LEVEE_BENCH_TRACES ?? 4));
const figures = {};
for (const policy of policies) figures[policy.name] = await measure(traces, policy);
console.error(`simulated in ${((performance.now() - started) / 1000).toFixed(0)} s`);

const share = (part) => `${(100 * part).toFixed(part > 0 && part < 0.001 ? 2 : 1)} %`;
const rows = Object.entries(figures).map(([name, f]) => [
  name,
  f.reportsAnHour.toFixed(0),
  f.reportsAnHourMoving.toFixed(0),
  f.battery.toFixed(1),
  `${f.errorP50.toFixed(0)} / ${f.errorP95.toFixed(0)}`,
  f.nearP95.toFixed(0),
  `${f.stopP95.toFixed(0)} / ${f.stopMost.toFixed(0)}`,
  f.backP95.toFixed(0),
  share(f.promised),
  share(f.falselyLive),
  share(f.settledLive),
]);

console.log(`${traces.length} traces of ${kKinds.join(', ')}, ${figures['fixed 5 s'].hours.toFixed(0)} device-hours for each policy.\n`);
console.log(table(['policy', 'reports/h', 'moving', 'battery, %/h', 'error moving, p50 / p95, m', 'near checkpoints, p95, m', 'stop seen, p95 / max, s',
  'seen after a hole, p95, s', 'silence under a promise', 'falsely live', 'live when it can be'], rows));
console.log(`\nA connection kept open beside the reports brings the battery to ${figures['levee, watched'].batteryConnected.toFixed(1)} %/h (levee, watched) and
${figures['fixed 60 s'].batteryConnected.toFixed(1)} %/h (fixed 60 s): its heartbeats, every 120 s as it asked for, wake the radio.\n`);
console.log(table(['aim', 'at most', 'measured', ''], aims(figures).map(({ aim, bound, measured, held }) => [aim, bound, measured, held ? 'held' : '**missed**'])));

mkdirSync('docs/images', { recursive: true });
writeFileSync('docs/images/tracks.svg', await picture(policies.filter(({ name }) => name !== 'fixed 60 s')));
console.log('\n![The error of the shown position on one drive, by policy](images/tracks.svg)');
