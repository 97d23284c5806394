// A Redis server of the test's own, in memory.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { Program, freePort } from './processes.mjs';

/** Starts redis-server; `url` is what bus.redis_url takes. */
export async function startRedis(port) {
  const chosen = port ?? (await freePort());
  const folder = await mkdtemp(path.join(os.tmpdir(), 'levee-redis-'));
  const args = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
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
