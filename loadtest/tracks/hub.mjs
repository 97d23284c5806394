/** The server's realtime engine, built from the server's own sources (hub.cpp), asked line by line in virtual time. */
import { spawn } from 'node:child_process';
import path from 'node:path';

import { binary } from '../../tests/support/levee.mjs';

const engine = path.join(path.dirname(binary), 'levee-hub');

export const kWallMs = 1_700_000_000_000; // Unix time at the start, by the server's clock

export class Hub {
  #program;
  #rest = '';
  #said = [];
  #waiting = null;

  /** `options`: as levee-hub takes them, without the dashes. */
  constructor(options) {
    this.#program = spawn(engine, options.map((option) => `--${option}`), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#program.on('error', (error) => this.#waiting?.reject(error));
    this.#program.on('exit', (code) => this.#waiting?.reject(new Error(`levee-hub ended with code ${code}`)));
    this.#program.stdin.on('error', () => {}); // its exit tells
    this.#program.stdout.setEncoding('utf8');
    this.#program.stdout.on('data', (text) => this.#take(text));
  }

  /** Gives {said: [[client, message], ...], due}: what it says to clients, and when it wants to be asked again. One at a time. */
  ask(now, ...words) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#program.stdin.write(`${now} ${words.join(' ')}\n`);
    });
  }

  end() {
    this.#waiting = null;
    this.#program.stdin.end();
  }

  #take(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) {
      const space = line.indexOf(' ');
      const [first, rest] = [line.slice(0, space), line.slice(space + 1)];
      if (first !== '=') {
        this.#said.push([Number(first), rest]);
        continue;
      }
      const answer = { said: this.#said, due: Number(rest) };
      this.#said = [];
      this.#waiting?.resolve(answer);
    }
  }
}
