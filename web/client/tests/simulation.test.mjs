// The client library against a model of the server, in virtual time, on a network that stalls, breaks and lies; thousands
// of runs, each from a seed. What must hold is in simulation/client.mjs.
//
//   LEVEE_SEED=17 node --test web/client/tests/simulation.test.mjs      replays one run and prints what did not hold
//   LEVEE_MUTANT=noGap LEVEE_SEED=17 ...                                the same with a rule taken out
//   LEVEE_SEEDS=100000 ...                                              runs more of them
import assert from 'node:assert/strict';
import test from 'node:test';

import { kMutants, load } from './simulation/library.mjs';
import { World } from './simulation/world.mjs';

const kSeeds = Number(process.env.LEVEE_SEEDS ?? 2000);
const kMutantSeeds = 400;

/** Runs seeds until one fails; gives it with its failures, or null. */
async function firstFailure({ library, rules }, from, count) {
  for (let seed = from; seed < from + count; seed++) {
    const failures = await new World(seed, library, rules).run();
    if (failures.length) return { seed, failures };
  }
  return null;
}

if (process.env.LEVEE_SEED) {
  test(`seed ${process.env.LEVEE_SEED}`, async (t) => {
    const world = await load(kMutants.find(({ name }) => name === process.env.LEVEE_MUTANT));
    t.after(world.remove);
    const failure = await firstFailure(world, Number(process.env.LEVEE_SEED), 1);
    assert.equal(failure, null, JSON.stringify(failure, null, 1));
  });
} else {
  test(`nothing stale is shown as live and no message is lost or doubled, in ${kSeeds} runs`, async () => {
    const failure = await firstFailure(await load(), 1, kSeeds);
    assert.equal(failure, null, JSON.stringify(failure, null, 1));
  });

  for (const mutant of kMutants) {
    test(`the simulation notices when ${mutant.what} (${mutant.name})`, async (t) => {
      const world = await load(mutant);
      t.after(world.remove);
      const failure = await firstFailure(world, 1, kMutantSeeds);
      assert.ok(failure, `not noticed in ${kMutantSeeds} runs`);
      t.diagnostic(`seed ${failure.seed}: ${failure.failures[0].kind}`);
    });
  }
}
