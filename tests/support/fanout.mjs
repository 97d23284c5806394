// Talks to levee-fanout: one command at a time, each answered by a line of JSON.
import path from 'node:path';

import { binary } from './levee.mjs';
import { Program, within } from './processes.mjs';

/** The program: LEVEE_FANOUT_BIN, or the one that was built with the server under test. */
const fanoutBinary = process.env.LEVEE_FANOUT_BIN || path.join(path.dirname(binary), 'levee-fanout');

export class Fanout {
  #answers = [];
  #wake = () => {};

  /** A swarm of `clients` for a server ({ports, pid, plain, path}), held to a core where one is named. */
  static async start({ ports, pid, plain = false, path: target = '/rt?v=1' }, clients, { core } = {}) {
    const args = [`--ports=${ports.join(',')}`, `--clients=${clients}`, `--path=${target}`];
    if (pid) args.push(`--servers=${[pid].flat().join(',')}`);
    if (plain) args.push('--plain');
    const command = core === undefined ? [] : ['taskset', '-c', String(core)];
    const [program, ...rest] = [...command, fanoutBinary, ...args];
    const fanout = new Fanout(new Program('levee-fanout', program, rest));
    ({ files: fanout.files } = await fanout.#answer(5));
    return fanout;
  }

  constructor(program) {
    this.program = program;
    program.watchers.add((line) => {
      if (!line.startsWith('{')) return;
      this.#answers.push(JSON.parse(line));
      this.#wake();
    });
  }

  /** Gives a command's answer; throws when it failed, or takes longer than `seconds`. */
  async say(command, seconds = 90) {
    this.program.child.stdin.write(`${command}\n`);
    return this.#answer(seconds, command);
  }

  async stop() {
    this.program.child.stdin.end();
    if (!(await within(this.program.ended, 10))) await this.program.kill();
  }

  async #answer(seconds, command = 'start') {
    const came = new Promise((resolve) => {
      this.#wake = resolve;
    });
    if (!this.#answers.length) await within(Promise.race([came, this.program.ended]), seconds);
    const answer = this.#answers.shift();
    if (!answer || answer.fault) throw new Error(`levee-fanout, ${command}: ${answer?.fault ?? `no answer\n${this.program.output}`}`);
    return answer;
  }
}
