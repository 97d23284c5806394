// Surges at sizes beyond this machine, in virtual time: the server's admission code against a model of a server whose costs
// were measured, and against other ways to let viewers in.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const simulate = (...options) => execFileSync('build/release/levee-sim', options, { encoding: 'utf8' });
const POLICIES = '--policies=none,bucket,aimd,levee';

mkdirSync('docs/images', { recursive: true });
const started = performance.now();

console.log(`Low latency (parts of 0.5 s, all viewers wait for the same one), 4 Mb/s, two cores of 45 Gb/s while they have little to do (BBR): 10,112 viewers can be carried with not a
moment to spare. A quarter of them watch when the surge comes; newcomers watch for a minute on average. Each row ends when all are in, or after
two minutes. One client in a hundred comes back every second, whatever it is told.
`);
console.log(simulate(POLICIES, '--factors=2,3,10', '--plot=docs/images/sim-surge-10x.svg'));
console.log('![A surge of ten times the capacity, four policies](images/sim-surge-10x.svg)\n');

console.log('A surge of 30 and of 100 times the capacity, a million viewers within a minute, until the line is short:\n');
console.log(simulate('--policies=levee', '--factors=30', '--surge_seconds=15', '--horizon=1000'));
console.log(simulate('--policies=levee', '--factors=100', '--surge_seconds=60', '--horizon=1500', '--plot=docs/images/sim-surge-100x.svg'));
console.log('![A surge of a hundred times the capacity](images/sim-surge-100x.svg)\n');

console.log('Plain HLS (segments of 2 s, everybody at his own time, eight seconds of them at once to begin), 40 Gb/s a core, which has a tenth less when it is full:\n');
console.log(simulate(POLICIES, '--factors=2,10', '--part=2', '--in_step=no', '--cushion=4', '--core_gigabits=40', '--rise=0.1', '--join_media=8'));

console.log('Three seeds more, ten times the capacity in one second:\n');
for (const seed of [2, 3, 4]) console.log(simulate('--policies=levee', '--factors=10', `--seed=${seed}`));

const today = ['--policies=levee', '--core_gigabits=83', '--request_us=10.5', '--rise=0'];
console.log('With what things cost on the machine of the surges above, where a request takes 10.5 us, a core sends 83 Gb/s beside that, and nothing is dearer on a full core:\n');
console.log(simulate(...today, '--factors=3,10'));
console.log(simulate(...today, '--factors=100', '--surge_seconds=60', '--horizon=1500'));

console.log('As the real low-latency run *ll-cubic-1* above: one core of these, 8.1 Mb/s without a lower rung, 800 incumbents and 8,200 newcomers, nobody leaves:\n');
console.log(simulate(...today, '--cores=1', '--bitrate=8.1e6', '--low_bitrate=8.1e6', '--part=0.33', '--incumbents_share=0.129', '--factors=1.322', '--stay=1e6', '--horizon=35'));
console.error(`simulated in ${((performance.now() - started) / 1000).toFixed(0)} s`);
