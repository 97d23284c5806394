// A levee of the test's own, on ports of its own.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Program, freePort, until } from './processes.mjs';

/** The top of the project. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The program under test: LEVEE_BIN, or the release build. */
export const binary = process.env.LEVEE_BIN || path.join(root, 'build/release/levee');

/**
 * Starts levee and waits until it is ready. `settings` are `--set` overrides: {'http.port': 8080}; anyone may publish
 * unless they say otherwise.
 */
export async function startLevee(settings = {}, { config, seconds = 15 } = {}) {
  const all = {
    'rtmp.port': await freePort(),
    'srt.port': await freePort(),
    'http.port': await freePort(),
    'admin.port': await freePort(),
    'publish.open': true,
    ...settings,
  };
  const args = config ? ['--config', config] : [];
  for (const [key, value] of Object.entries(all)) args.push('--set', `${key}=${value}`);
  const program = new Program('levee', binary, args, { cwd: root });
  const levee = new Levee(program, all);
  try {
    await until('levee is ready', async () => {
      if (program.result) throw new Error(`levee ended: ${program.output}`);
      return (await fetch(levee.url('/readyz'))).ok;
    }, { seconds });
  } catch (error) {
    await program.kill();
    throw new Error(`${error.message}\n${program.output}`);
  }
  return levee;
}

class Levee {
  constructor(program, settings) {
    this.program = program;
    this.httpPort = settings['http.port'];
    this.adminPort = settings['admin.port'];
    this.rtmpPort = settings['rtmp.port'];
    this.srtPort = settings['srt.port'];
  }

  url(target) {
    return `http://127.0.0.1:${this.httpPort}${target}`;
  }

  adminUrl(target) {
    return `http://127.0.0.1:${this.adminPort}${target}`;
  }

  /** The RTMP server as OBS asks for it; the stream key comes after another slash. */
  get rtmpServer() {
    return `rtmp://127.0.0.1:${this.rtmpPort}/live`;
  }

  srtUrl(key) {
    return `srt://127.0.0.1:${this.srtPort}?streamid=publish:${key}`;
  }

  /** Waits until the stream's multivariant playlist lists at least `renditions`; gives the playlist. */
  async playable(name, { renditions = 1, seconds = 15 } = {}) {
    return until(`${name} is playable in ${renditions} renditions`, async () => {
      const answer = await fetch(this.url(`/live/${name}/index.m3u8`));
      const text = await answer.text();
      return answer.ok && text.split('#EXT-X-STREAM-INF').length > renditions ? text : null;
    }, { seconds });
  }

  /** The value of a metric, summed over its labels. */
  async metric(name) {
    const text = await (await fetch(this.adminUrl('/metrics'))).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    if (!lines.length) throw new Error(`no metric ${name}`);
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** Ends levee as an operator does; it must exit with 0. */
  async stop() {
    const { code, signal } = await this.program.stop({ seconds: 10 });
    if (code !== 0) throw new Error(`levee exited with ${code ?? signal}:\n${this.program.output}`);
  }
}
