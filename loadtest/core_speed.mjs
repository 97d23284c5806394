// How fast a core of this machine is, while something else is measured on it. Two cores of a virtual machine share physical
// ones with who knows whom: now and then all that runs on one of them takes a third longer for seconds or minutes, and no
// counter inside of the machine tells (none of the time counts as stolen). A loop that always does the same does.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PERIOD_MS = 50;
const table = new Uint32Array(16384).map((_, i) => Math.imul(i, 2654435761));

/** Branches that can't be foreseen and a cache that is just large enough: what a neighbour on the same core takes away first. */
function work() {
  let hash = 7;
  let sum = 0;
  for (let i = 0; i < 10_000; ++i) {
    hash = (Math.imul(hash, 1103515245) + 12345) | 0;
    const value = table[(hash >>> 10) & 16383];
    sum = value & 1 ? (sum + value) | 0 : sum ^ (value >>> 3);
    table[(hash >>> 12) & 16383] = sum;
  }
  return sum;
}

/** Watches `core` until `end` is called, which gives {at_ms, us}: for each second of wall time what the work took, the median of it. */
export function watchCore(core) {
  const samples = [];
  const program = spawn('taskset', ['-c', String(core), process.execPath, fileURLToPath(import.meta.url)], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: program.stdout }).on('line', (line) => samples.push(JSON.parse(line)));
  const closed = new Promise((resolve) => program.on('close', resolve));
  return {
    async end() {
      program.kill();
      await closed;
      return samples;
    },
  };
}

/** By how much the slowest of the seconds from `from_ms` to `to_ms` was slower than the fastest: 1, not at all. */
export function slowdown(samples, from_ms, to_ms) {
  const times = samples.filter(({ at_ms: at }) => at >= from_ms && at <= to_ms).map(({ us }) => us);
  return times.length ? Math.max(...times) / Math.min(...times) : 1;
}

function measureForEver() {
  for (let i = 0; i < 500; ++i) work();
  let times = [];
  let second = Math.floor(Date.now() / 1000);
  setInterval(() => {
    work(); // what runs beside it has emptied the caches, the more the busier it is
    const began = process.hrtime.bigint();
    work();
    times.push(Number(process.hrtime.bigint() - began) / 1000);
    const now = Math.floor(Date.now() / 1000);
    if (now === second || times.length < 5) return;
    times.sort((a, b) => a - b);
    console.log(JSON.stringify({ at_ms: now * 1000, us: Math.round(times[Math.floor(times.length / 2)] * 10) / 10 }));
    times = [];
    second = now;
  }, PERIOD_MS);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) measureForEver();
