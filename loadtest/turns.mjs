// How often servers answer: levee-fetch on core 1 asks each of them in turn, and the median of its turns counts.
import path from 'node:path';

import { binary } from '../tests/support/levee.mjs';
import { run } from '../tests/support/processes.mjs';
import { cpuSeconds, median } from './measure.mjs';

const fetcher = path.join(path.dirname(binary), 'levee-fetch');
const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 64;

async function turn({ url, pid }, calls) {
  const before = cpuSeconds(pid);
  const args = ['-c', '1', fetcher, url, String(CONNECTIONS), String(SECONDS), ...(calls ? ['calls'] : [])];
  const told = JSON.parse(await run('taskset', args, { seconds: SECONDS + 20 }));
  const cpu = cpuSeconds(pid) - before;
  return {
    rate: told.responses / told.seconds, refused: told.refusals / told.responses, cpuMicros: (cpu / told.responses) * 1e6,
    busy: cpu / told.seconds, client: told.cpu_seconds / told.seconds,
  };
}

/** Asks each of `servers` ({ url, pid }) in turn, with `calls` on a new connection for every request; gives what each did, and how each turn was made. */
export async function inTurns(servers, { calls = false } = {}) {
  const turns = servers.map(() => []);
  for (let round = 0; round < ROUNDS; ++round) {
    for (const [i, server] of servers.entries()) turns[i].push(await turn(server, calls));
  }
  const figures = Object.keys(turns[0][0]);
  return turns.map((of) => Object.fromEntries(figures.map((figure) => [figure, median(of.map((one) => one[figure]))])));
}

export const howMeasured = `median of ${ROUNDS} turns of ${SECONDS} s each`;
export const connections = CONNECTIONS;
export const percent = (share) => `${(share * 100).toFixed(0)}%`;
