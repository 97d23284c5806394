// Child processes of a test: started with their output kept, waited for with a limit, and never left behind.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const KEPT_LINES = 2000;
const running = new Set();

// However the test program ends, its children end with it.
process.on('exit', () => {
  for (const one of running) one.child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** A running program. `lines` holds the newest lines of what it wrote to either output. */
export class Program {
  constructor(name, command, args, { env = {}, cwd } = {}) {
    this.name = name;
    this.lines = [];
    this.watchers = new Set();
    this.child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => {}); // a program that ended takes no more
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => this.#end(resolve, { code: null, signal: null, error }));
      this.child.on('close', (code, signal) => this.#end(resolve, { code, signal }));
    });
    for (const stream of [this.child.stdout, this.child.stderr]) this.#read(stream);
  }

  get pid() {
    return this.child.pid;
  }

  get output() {
    return this.lines.join('\n');
  }

  /** Waits for a line that matches; gives the match. Throws with the output when the program ends before it. */
  async line(pattern, seconds = 10) {
    const seen = this.lines.map((line) => line.match(pattern)).find(Boolean);
    if (seen) return seen;
    let watch;
    const found = new Promise((resolve) => {
      watch = (line) => {
        const match = line.match(pattern);
        if (match) resolve(match);
      };
      this.watchers.add(watch);
    });
    try {
      const match = await within(Promise.race([found, this.ended.then(() => null)]), seconds);
      if (match) return match;
      throw new Error(`${this.name} did not say ${pattern}:\n${this.output}`);
    } finally {
      this.watchers.delete(watch);
    }
  }

  /** Asks the program to end and waits. One that takes longer is killed, and that is an error. */
  async stop({ signal = 'SIGTERM', seconds = 10 } = {}) {
    if (!this.result) this.child.kill(signal);
    const result = await within(this.ended, seconds);
    if (result) return result;
    this.child.kill('SIGKILL');
    await this.ended;
    throw new Error(`${this.name} did not end within ${seconds} s of ${signal}:\n${this.output}`);
  }

  /** Ends the program without a chance to say goodbye. */
  async kill() {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  #end(resolve, result) {
    this.result = result;
    running.delete(this);
    resolve(result);
  }

  #read(stream) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split(/\r?\n|\r/);
      rest = lines.pop();
      for (const line of lines) {
        this.lines.push(line);
        if (this.lines.length > KEPT_LINES) this.lines.shift();
        for (const watch of this.watchers) watch(line);
      }
    });
  }
}

/** Runs a program to its end; gives its output. Throws when it fails or takes too long. */
export async function run(command, args, { seconds = 30, ...options } = {}) {
  const program = new Program(command, command, args, options);
  const result = await within(program.ended, seconds);
  if (!result) await program.kill();
  if (!result || result.code !== 0) {
    const why = result ? `ended with ${result.code ?? result.signal ?? result.error}` : `took over ${seconds} s`;
    throw new Error(`${command} ${args.join(' ')} ${why}:\n${program.output}`);
  }
  return program.output;
}

/** What `promise` gives, or null after `seconds`. */
export async function within(promise, seconds) {
  const abort = new AbortController();
  const late = sleep(seconds * 1000, null, { signal: abort.signal }).catch(() => null);
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
  }
}

/** Asks again until `ask` gives something true; throws when that takes longer than `seconds`. */
export async function until(what, ask, { seconds = 10, every = 0.1 } = {}) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ''}`);
    await sleep(every * 1000);
  }
}

const given = new Set();

/** A port free for TCP and UDP, below those that the kernel hands to clients. */
export async function freePort() {
  for (let tries = 0; tries < 200; ++tries) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error('no free port');
}

async function isFree(port) {
  const tcp = net.createServer();
  const udp = dgram.createSocket('udp4');
  try {
    tcp.listen(port);
    await Promise.race([once(tcp, 'listening'), once(tcp, 'error').then(([error]) => Promise.reject(error))]);
    udp.bind(port);
    await Promise.race([once(udp, 'listening'), once(udp, 'error').then(([error]) => Promise.reject(error))]);
    return true;
  } catch {
    return false;
  } finally {
    tcp.close(() => {});
    udp.close();
  }
}
