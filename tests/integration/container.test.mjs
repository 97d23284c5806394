// The image that docker/Dockerfile makes: it builds, runs without root, becomes healthy, takes a stream and ends by itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { root } from '../support/levee.mjs';
import { freePort, run, until } from '../support/processes.mjs';
import { publishRtmp } from '../support/publisher.mjs';

const BASE = 'docker.io/library/debian:bookworm-slim';
const MINUTES = 60;

function answers(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 }).status === 0;
}

/** The engine that works here, or why none does. */
function findEngine() {
  for (const engine of ['podman', 'docker']) {
    if (!answers(engine, 'info')) continue;
    if (answers(engine, 'image', 'inspect', BASE) || answers(engine, 'pull', '--quiet', BASE)) return { engine };
    return { missing: `${engine} has no image ${BASE} and cannot pull it` };
  }
  return { missing: 'neither podman nor a Docker engine answers here' };
}

const { engine, missing } = findEngine();

test('the container image builds, serves a stream without root and stops cleanly', { skip: missing ?? false, timeout: 30 * MINUTES * 1000 }, async (t) => {
  const name = `levee-test-${process.pid}`;
  const [http, rtmp] = [await freePort(), await freePort()];
  // Docker's image format keeps HEALTHCHECK; podman's own drops it.
  const format = engine === 'podman' ? ['--format', 'docker'] : [];
  await run(engine, ['build', ...format, '--file', 'docker/Dockerfile', '--tag', name, '.'], { cwd: root, seconds: 25 * MINUTES });
  t.after(() => run(engine, ['rmi', '--force', name], { seconds: MINUTES }).catch(() => {}));

  await run(engine, ['run', '--detach', '--name', name, '--publish', `127.0.0.1:${http}:8080`, '--publish', `127.0.0.1:${rtmp}:1935`, name], { seconds: MINUTES });
  t.after(() => run(engine, ['rm', '--force', name], { seconds: MINUTES }).catch(() => {}));
  await until('the container is ready', async () => (await fetch(`http://127.0.0.1:${http}/readyz`)).ok, { seconds: 20 });

  const inspect = async (what) => (await run(engine, ['inspect', '--format', what, name])).trim();
  assert.notEqual((await run(engine, ['exec', name, 'id', '-u'])).trim(), '0');
  if (engine === 'podman') {
    await run(engine, ['healthcheck', 'run', name]);
  } else {
    await until('the engine calls it healthy', async () => (await inspect('{{.State.Health.Status}}')) === 'healthy', { seconds: 30 });
  }

  const publisher = publishRtmp(`rtmp://127.0.0.1:${rtmp}/live`, 'show', { width: 320, height: 180 });
  t.after(() => publisher.kill());
  await until('the stream is playable', async () => {
    const answer = await fetch(`http://127.0.0.1:${http}/live/show/index.m3u8`);
    return answer.ok && (await answer.text()).includes('#EXT-X-STREAM-INF');
  }, { seconds: 20 });
  assert.equal((await fetch(`http://127.0.0.1:${http}/watch/show`)).status, 200);

  await run(engine, ['stop', '--time', '10', name], { seconds: 30 });
  assert.equal(await inspect('{{.State.ExitCode}}'), '0');
});
