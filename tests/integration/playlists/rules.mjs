// The list of rules that held and that did not.

export class Rules {
  results = [];
  #tell;

  /** `tell` gets a line for each rule. */
  constructor(tell = console.log) {
    this.#tell = tell;
  }

  /** Runs `body` under the rule's id; what it throws is the rule's failure, what it returns a note. */
  async rule(id, what, body) {
    const result = { id, what, outcome: 'ok', note: '' };
    try {
      result.note = (await body()) ?? '';
    } catch (error) {
      result.outcome = error instanceof Skip ? 'skip' : 'FAIL';
      result.note = error.message;
    }
    this.results.push(result);
    this.#tell(`${result.outcome.padEnd(4)} ${id.padEnd(4)} ${what}${result.note ? `: ${result.note}` : ''}`);
  }

  count(outcome) {
    return this.results.filter((result) => result.outcome === outcome).length;
  }

  get summary() {
    return `${this.count('ok')} rules hold, ${this.count('FAIL')} fail, ${this.count('skip')} skipped`;
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
