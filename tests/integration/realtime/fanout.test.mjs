// The realtime load against a real levee: what it counts is what happened, and nothing is lost, twice or out of order.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Fanout } from '../../support/fanout.mjs';
import { startLevee } from '../../support/levee.mjs';
import { freePort } from '../../support/processes.mjs';

const CLIENTS = 60;
const folder = mkdtempSync(path.join(os.tmpdir(), 'levee-fanout-'));
let settings;
let levee;

before(async () => {
  settings = { 'http.port': await freePort(), 'chat.max_per_s': 0, 'bus.state_file': path.join(folder, 'state'), 'viewers.token_key': 'a key that stays', 'srt.enabled': false };
  levee = await startLevee(settings);
});

after(async () => {
  await levee.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function withSwarm(check) {
  const load = await Fanout.start({ ports: [levee.httpPort], pid: levee.program.pid }, CLIENTS);
  try {
    assert.equal((await load.say(`connect ${CLIENTS}`)).connected, CLIENTS);
    assert.equal((await load.say('join')).joined, CLIENTS);
    await check(load);
  } finally {
    await load.stop();
  }
}

test('the load counts every delivery and gets back what it missed over a resume and a planned restart', async () => {
  await withSwarm(async (load) => {
    const steady = await load.say('rate 20 1');
    assert.equal(steady.deliveries, 20 * CLIENTS);
    assert.equal(steady.missing + steady.misplaced + steady.refused, 0);

    const resumed = await load.say('resume 5');
    assert.deepEqual([resumed.recovered, resumed.replayed, resumed.misplaced], [CLIENTS, 5 * CLIENTS, 0]);

    const back = load.say('come_back 5');
    await levee.stop();
    levee = await startLevee(settings);
    const { recovered, replayed, misplaced } = await back;
    assert.deepEqual([recovered, replayed, misplaced], [CLIENTS, 5 * CLIENTS, 0]);

    const after_restart = await load.say('rate 20 1');
    assert.equal(after_restart.deliveries, 20 * CLIENTS);
    assert.equal(after_restart.missing + after_restart.misplaced + after_restart.refused, 0);
  });
});

test('a server that was killed says honestly that nothing was recovered', async () => {
  await levee.stop();
  rmSync(settings['bus.state_file'], { force: true });
  levee = await startLevee(settings);
  await withSwarm(async (load) => {
    await load.say('rate 20 0.5');
    const back = load.say('come_back 5');
    await levee.program.kill();
    levee = await startLevee(settings);
    const { back: count, recovered, replayed } = await back;
    assert.deepEqual([count, recovered, replayed], [CLIENTS, 0, 0]);
  });
});

test('clients that stop reading are told of every message that they are not given', async () => {
  await levee.stop();
  rmSync(settings['bus.state_file'], { force: true });
  levee = await startLevee(settings);
  await withSwarm(async (load) => {
    const asleep = await load.say('stall 5 200');
    assert.equal(asleep.deliveries, 200 * (CLIENTS - 5));
    const awake = await load.say('wake');
    assert.deepEqual([awake.misplaced, awake.lost, awake.frames + awake.gaps > 0], [0, 0, true]);
  });
});
