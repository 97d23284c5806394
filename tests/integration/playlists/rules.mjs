// The list of rules that held and that did not.

export class Rules {
  passed = 0;
  failed = 0;
  skipped = 0;

  /** Runs `body` under the rule's id; what it throws is the rule's failure. */
  async rule(id, what, body) {
    try {
      const note = await body();
      this.passed += 1;
      console.log(`ok   ${id.padEnd(4)} ${what}${typeof note === 'string' ? ` (${note})` : ''}`);
    } catch (error) {
      if (error instanceof Skip) {
        this.skipped += 1;
        console.log(`skip ${id.padEnd(4)} ${what}: ${error.message}`);
        return;
      }
      this.failed += 1;
      console.log(`FAIL ${id.padEnd(4)} ${what}: ${error.message}`);
    }
  }

  finish() {
    console.log(`${this.passed} rules hold, ${this.failed} fail, ${this.skipped} skipped`);
    return this.failed === 0;
  }
}

class Skip extends Error {}

/** The rule can't be judged on this stream; said out loud. */
export function skip(why) {
  throw new Skip(why);
}

export function need(holds, why) {
  if (!holds) throw new Error(why);
}

export function same(a, b, what) {
  need(a === b, `${what}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`);
}

export function near(a, b, within, what) {
  need(Math.abs(a - b) <= within + 1e-9, `${what}: ${a} and ${b} differ by more than ${within}`);
}
