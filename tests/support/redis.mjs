// A Redis server of the test's own, in memory.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { Program, freePort, run, until } from './processes.mjs';

/** Starts redis-server; `url` is what bus.redis_url takes. */
export async function startRedis(port, more = []) {
  const chosen = port ?? (await freePort());
  const folder = await mkdtemp(path.join(os.tmpdir(), 'levee-redis-'));
  const args = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...more];
  const program = new Program('redis', 'redis-server', args);
  await program.line(/Ready to accept connections/);
  return {
    port: chosen,
    url: `redis://127.0.0.1:${chosen}`,
    program,
    async stop() {
      await program.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts a Redis Cluster of three masters. `url` names one of them; `owner(channel)` is the number in `masters` of the one
 * that has a channel's keys.
 */
export async function startRedisCluster() {
  const kEnds = [-1, 5460, 10922, 16383];
  const masters = [];
  for (let i = 0; i < 3; ++i) {
    const bus = String(await freePort());
    const more = ['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no'];
    masters.push({ ...(await startRedis(undefined, more)), bus });
  }
  const ask = async ({ port }, ...words) => (await run('redis-cli', ['-p', String(port), ...words])).trim();
  for (const [i, master] of masters.entries()) {
    await ask(master, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
    await ask(master, 'CLUSTER', 'ADDSLOTSRANGE', String(kEnds[i] + 1), String(kEnds[i + 1]));
    if (i > 0) await ask(master, 'CLUSTER', 'MEET', '127.0.0.1', String(masters[0].port), masters[0].bus);
  }
  for (const master of masters) {
    await until('the cluster is one', async () => {
      const info = await ask(master, 'CLUSTER', 'INFO');
      return /cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info) && /cluster_slots_assigned:16384/.test(info);
    });
  }
  return {
    masters,
    url: `redis+cluster://127.0.0.1:${masters[0].port}`,
    async owner(channel) {
      const slot = Number(await ask(masters[0], 'CLUSTER', 'KEYSLOT', `levee:{${channel}}:m`));
      return kEnds.findIndex((end) => slot <= end) - 1;
    },
    async stop() {
      await Promise.all(masters.map((master) => master.stop()));
    },
  };
}
