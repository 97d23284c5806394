// The realtime layer: fan-out beside uWebSockets and nchan, connections, resuming after restarts, a reader that stalls, two nodes on
// one Redis. The server has core 0, levee-fanout core 1. A peer that can't be had here is named, and left out.
//   LEVEE_BENCH_SIZES=1000,5000 LEVEE_BENCH_SECONDS=2 ./dev bench realtime      is a shorter one
//   LEVEE_BENCH_FANOUT=levee,uWebSockets node loadtest/bench/realtime.mjs       is the fan-out of these alone, and writes nothing
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Fanout } from '../../tests/support/fanout.mjs';
import { startLevee } from '../../tests/support/levee.mjs';
import { freePort } from '../../tests/support/processes.mjs';
import { startRedis } from '../../tests/support/redis.mjs';
import { kernelBytes, median, pin, queuedBytes, residentBytes, table } from '../measure.mjs';
import { startNchan } from '../peers/nchan.mjs';
import { startUWebSockets } from '../peers/uwebsockets.mjs';

const SIZES = (process.env.LEVEE_BENCH_SIZES ?? '1000,5000,10000').split(',').map(Number);
const SECONDS = Number(process.env.LEVEE_BENCH_SECONDS ?? 3);
const ONLY = process.env.LEVEE_BENCH_FANOUT?.split(',');
const RATE = 10;
const IN_FLIGHT = 16;
const SURGES = 3;
const MISSED = 10;
const SLEEPERS = 100;
const MOST = SIZES.at(-1);

/** Everyone may come at once: what the bench measures is what the server can do, not what it is told to allow. */
const OPEN = { 'realtime.newcomers_per_s': 1_000_000, 'realtime.resumes_per_s': 1_000_000, 'chat.max_per_s': 0 };

const missing = new Map();
const faults = [];
let files;

async function levee(settings = {}) {
  const server = await startLevee({ 'server.threads': 1, 'ladder.enabled': false, 'srt.enabled': false, 'admission.enabled': false,
    'log.level': 'warn', ...OPEN, ...settings });
  pin(server.program.pid, 0);
  return { name: 'levee', ports: [server.httpPort], pid: server.program.pid, stop: () => server.stop(), kill: () => server.program.kill() };
}

/** Runs `measure(load)` with a swarm of the server's, and ends it. */
async function withSwarm(server, clients, measure) {
  const load = await Fanout.start(server, clients, { core: 1 });
  files = load.files;
  try {
    return await measure(load);
  } finally {
    await load.stop();
  }
}

/** Notes what a figure must not be read without. */
function judge(what, answer) {
  const wrong = (answer.misplaced ?? 0) + (answer.missing ?? 0) + (answer.refused ?? 0) + (answer.lost ?? 0) + (answer.failed ?? 0);
  if (wrong > 0) {
    const { misplaced, missing: absent, refused, lost, failed } = answer;
    faults.push(`${what}: ${JSON.stringify({ misplaced, missing: absent, refused, lost, failed })}`);
  }
  if (answer.generator_limited) faults.push(`${what}: the generator was at its limit (${(answer.generator_busy * 100).toFixed(0)}% of its core)`);
  if (answer.sent_late_s > 0.01) faults.push(`${what}: the generator sent up to ${(answer.sent_late_s * 1000).toFixed(0)} ms late`);
  console.error(what, JSON.stringify(answer));
  return answer;
}

const ms = (seconds) => (seconds * 1000).toFixed(seconds < 0.0995 ? 1 : 0);
const micros = (answer) => ((answer.server_cpu_s / answer.deliveries) * 1e6).toFixed(2);
const percent = (share) => `${Math.min(share * 100, 100).toFixed(0)}%`;
const kib = (bytes) => (bytes / 1024).toFixed(2);
const thousands = (rate) => `${(rate / 1000).toFixed(rate < 100_000 ? 1 : 0)}k`;

/** One server at one size: idle memory, deliveries at saturation and at a fixed rate; the largest also how fast clients come. */
async function measureFanout(server, size) {
  const what = `${server.name}, ${size}`;
  const before = { own: residentBytes(server.pid), kernel: kernelBytes() };
  return withSwarm(server, size, async (load) => {
    const connects = [judge(`${what}, connect`, await load.say(`connect ${size}`))];
    const joined = judge(`${what}, join`, await load.say('join'));
    await sleep(500);
    const memory = { own: (residentBytes(server.pid) - before.own) / size, kernel: (kernelBytes() - before.kernel) / size };
    const full = judge(`${what}, ${IN_FLIGHT} in flight`, await load.say(`saturate ${IN_FLIGHT} ${SECONDS}`));
    const steady = judge(`${what}, ${RATE} a second`, await load.say(`rate ${RATE} ${SECONDS + 1}`));
    const resumes = [];
    for (let i = 0; size === MOST && !server.plain && !ONLY && i < SURGES; ++i) resumes.push(judge(`${what}, resume`, await load.say(`resume ${MISSED}`)));
    for (let i = 1; size === MOST && !ONLY && i < SURGES; ++i) connects.push(judge(`${what}, connect`, await load.say(`connect ${size}`)));
    return { server: server.name, size, memory, joined, full, steady, resumes, connects };
  });
}

async function fanout() {
  const measured = [];
  for (const size of SIZES) {
    const starts = { levee, uWebSockets: () => startUWebSockets(missing), nchan: () => startNchan(missing, files ?? 20_000) };
    for (const name of ONLY ?? Object.keys(starts)) {
      const server = await starts[name]();
      if (!server) continue;
      try {
        measured.push(await measureFanout(server, size));
      } catch (error) {
        faults.push(`${server.name}, ${size}: not measured: ${error.message.split('\n')[0]}`);
      } finally {
        await server.stop();
      }
    }
  }
  return measured;
}

/** All clients lose their server, which starts again on the same port; they come back as fast as they are let. */
async function restart(end) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'levee-bench-'));
  const settings = { 'http.port': await freePort(), 'admin.port': await freePort(), 'rtmp.port': await freePort(),
    'bus.state_file': path.join(folder, 'state'), 'viewers.token_key': 'a key that stays over the restart' };
  let server = await levee(settings);
  try {
    return await withSwarm(server, MOST, async (load) => {
      await load.say(`connect ${MOST}`);
      await load.say('join');
      await load.say(`rate ${RATE} 2`);
      const back = load.say(`come_back ${MISSED}`);
      await server[end]();
      server = await levee(settings);
      return judge(`restart, ${end}`, await back);
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A tenth of the clients stops reading while more is said than any buffer holds. */
async function stall() {
  const server = await levee();
  try {
    return await withSwarm(server, SLEEPERS * 10, async (load) => {
      await load.say(`connect ${SLEEPERS * 10}`);
      await load.say('join');
      await load.say(`saturate ${IN_FLIGHT} 1`);
      const before = residentBytes(server.pid);
      const asleep = judge('stall', await load.say(`stall ${SLEEPERS} 2000`));
      const own = (residentBytes(server.pid) - before) / SLEEPERS;
      const { toSend, toRead } = queuedBytes(server.ports[0]);
      const awake = judge('wake', await load.say('wake'));
      return { asleep, awake, own, toSend: toSend / SLEEPERS, toRead: toRead / SLEEPERS };
    });
  } finally {
    await server.stop();
  }
}

async function twoNodes() {
  const redis = await startRedis();
  const nodes = [];
  try {
    pin(redis.program.pid, 0);
    for (let i = 0; i < 2; ++i) nodes.push(await levee({ 'bus.redis_url': redis.url, 'viewers.token_key': 'one key for both nodes' }));
    const both = { ports: nodes.map((node) => node.ports[0]), pid: [...nodes.map((node) => node.pid), redis.program.pid] };
    return await withSwarm(both, 2000, async (load) => {
      await load.say('connect 2000');
      await load.say('join');
      return judge('two nodes', await load.say(`rate ${RATE} ${SECONDS + 2}`));
    });
  } finally {
    for (const node of nodes) await node.stop();
    await redis.stop();
  }
}

function reportFanout(measured) {
  console.log(`One server at a time, on one core; \`levee-fanout\` on the other checks that every message reaches every client once and in one order. The text of a message has 200 bytes everywhere; levee's
envelope (who, when, which place in the log) comes on top. ${IN_FLIGHT} in flight: the next message is sent when one has reached everybody, for ${SECONDS} s; ${RATE} a second: for ${SECONDS + 1} s, delays from when a message was due.
All clients publish in turn, so that levee's limit of one chat message a person and second stays in force; its admission is off, hellos are not held back (\`realtime.newcomers_per_s\`, \`realtime.resumes_per_s\`), and everybody is given every message (\`chat.max_per_s\` = 0).
Up to ${files} files may be open here.\n`);
  console.log(table(['clients', 'server', `deliveries/s, ${IN_FLIGHT} in flight`, 'CPU µs each', 'server busy', 'generator busy', `${RATE}/s: p50, ms`, 'p99', 'p99.9', 'CPU µs each', 'server busy'],
    measured.map(({ server, size, full, steady }) => [size, server, `**${thousands(full.deliveries / full.seconds)}**`, micros(full), percent(full.server_busy), percent(full.generator_busy),
      ms(steady.delay.p50_s), ms(steady.delay.p99_s), ms(steady.delay.p999_s), micros(steady), percent(steady.server_busy)])));
}

function reportRest(measured, restarts, stalled, nodes) {
  const largest = measured.filter(({ size }) => size === MOST);
  const rate = (answers, count) => thousands(median(answers.map((one) => one[count] / one.seconds)));
  console.log(`\n${MOST} clients come at once, 256 at a time (median of ${SURGES}); memory of the server's process for each, idle and subscribed, and the kernel's (slab and buffers of the machine, both ends of the connection).
A resume is a connection, a hello with its token and position, and ${MISSED} messages replayed.\n`);
  console.log(table(['server', 'handshakes/s', 'hellos with a subscription/s', 'resumes/s', 'memory of a client, KiB', 'the kernel\'s, KiB'],
    largest.map(({ server, connects, joined, resumes, memory }) => [server, rate(connects, 'connected'), resumes.length ? rate([joined], 'joined') : '-',
      resumes.length ? rate(resumes, 'back') : '-', kib(memory.own), kib(memory.kernel)])));

  console.log(`\n${MOST} clients of levee lose their server and come back at once, asking for the last ${MISSED} messages: time from the first connection that the new process accepts until all have what they missed.\n`);
  console.log(table(['the server was', 'all back after, s', 'recovered: true', 'messages replayed'],
    restarts.map(([name, one]) => [name, one.seconds.toFixed(2), `${one.recovered} of ${one.back}`, one.replayed])));

  const { asleep, awake } = stalled;
  const each = (count) => (count / SLEEPERS).toFixed(1);
  console.log(`\n${SLEEPERS} of ${SLEEPERS * 10} clients stop reading while 2000 messages are said. For each of them the server's process then holds ${kib(stalled.own)} KiB more, its kernel ${kib(stalled.toSend)} KiB to send, and the client's own
kernel ${kib(stalled.toRead)} KiB that it has not read; the others were given all at ${thousands(asleep.deliveries / asleep.seconds)} deliveries/s. When they read on, each gets ${each(awake.frames)} messages and is told of ${each(awake.gaps)} gaps (messages skipped without being told: ${awake.misplaced}).`);

  const [near, far] = nodes.groups;
  console.log(`\nTwo nodes with 1000 clients each, and a Redis, all on one core; ${RATE} messages a second are published on one of them.\n`);
  console.log(table(['clients on', 'p50, ms', 'p99', 'p99.9', 'most'], [['the same node', near], ['the other node', far]]
    .map(([name, one]) => [name, ms(one.p50_s), ms(one.p99_s), ms(one.p999_s), ms(one.max_s)])));
}

function reportFaults() {
  for (const [name, why] of missing) console.log(`\n**${name} was not measured**: ${why}.`);
  if (faults.length) console.log(`\nTo be read with the figures:\n\n${faults.map((one) => `- ${one}`).join('\n')}`);
  else console.log('\nEvery message reached every client, once and in order; the generator was never at its limit.');
}

const measured = await fanout();
reportFanout(measured);
if (!ONLY) {
  const restarts = [['stopped (SIGTERM)', await restart('stop')], ['killed (SIGKILL)', await restart('kill')]];
  reportRest(measured, restarts, await stall(), await twoNodes());
}
reportFaults();
