// The image that docker/Dockerfile makes and the services of docker/compose.yaml: they build, run without root, become
// healthy, take a stream, share their chat through Redis, and end by themselves.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { findEngine } from '../support/containers.mjs';
import { freePort, until } from '../support/processes.mjs';
import { publishRtmp } from '../support/publisher.mjs';
import { chat } from './browser/chat.mjs';

const MINUTE = 60;
const IMAGE = `localhost/levee-test-${process.pid}`;

// The image compiles all of levee, which takes minutes: only who asks for it waits for it.
const asked = process.env.LEVEE_CONTAINERS === '1';
const { engine, missing } = asked ? await findEngine() : { missing: 'takes minutes; ./dev test --containers runs it' };
const limit = { timeout: 30 * MINUTE * 1000 };

async function inspect(container, what) {
  return (await engine.run('inspect', '--format', what, container)).trim();
}

async function becomesHealthy(container) {
  // podman leaves the checking to systemd, which need not run here: ask it to check.
  await until('the container is healthy', async () => {
    if (engine.name === 'podman') return engine.run('healthcheck', 'run', container).then(() => true);
    return (await inspect(container, '{{.State.Health.Status}}')) === 'healthy';
  }, { seconds: 30, every: 0.5 });
}

async function playable(http, name) {
  await until('the stream is playable', async () => {
    const answer = await fetch(`http://127.0.0.1:${http}/live/${name}/index.m3u8`);
    return answer.ok && (await answer.text()).includes('#EXT-X-STREAM-INF');
  }, { seconds: 20 });
}

after(() => engine?.run('rmi', '--force', IMAGE).catch(() => {}));

test('the container image builds, serves a stream without root and stops cleanly', { skip: missing ?? false, ...limit }, async (t) => {
  const name = `levee-test-${process.pid}`;
  const [http, rtmp] = [await freePort(), await freePort()];
  await engine.runFor(25 * MINUTE, 'build', '--file', 'docker/Dockerfile', '--tag', IMAGE, '.');
  await engine.run('run', '--detach', '--name', name, '--publish', `127.0.0.1:${http}:8080`, '--publish', `127.0.0.1:${rtmp}:1935`, IMAGE);
  t.after(() => engine.run('rm', '--force', name).catch(() => {}));
  await becomesHealthy(name);
  assert.notEqual((await engine.run('exec', name, 'id', '-u')).trim(), '0');

  const publisher = publishRtmp(`rtmp://127.0.0.1:${rtmp}/live`, 'show', { width: 320, height: 180 });
  t.after(() => publisher.kill());
  await playable(http, 'show');
  assert.equal((await fetch(`http://127.0.0.1:${http}/watch/show`)).status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${http}/assets/hls.min.js`)).status, 200);
  assert.match(await engine.run('exec', name, 'levee-surge', 'scenarios'), /surge_ll/);

  await engine.run('stop', '--time', '10', name);
  assert.equal(await inspect(name, '{{.State.ExitCode}}'), '0');
});

const noCompose = missing ?? (engine.composeCommand ? false : `no compose for ${engine.name} here`);

test('the composed services start, and chat goes through their Redis', { skip: noCompose, ...limit }, async (t) => {
  const project = `levee-test-${process.pid}`;
  const [http, rtmp, srt] = [await freePort(), await freePort(), await freePort()];
  const env = { LEVEE_IMAGE: IMAGE, REDIS_IMAGE: await engine.redisImage(), HTTP_PORT: String(http), RTMP_PORT: String(rtmp), SRT_PORT: String(srt) };
  const compose = (...args) => engine.compose(25 * MINUTE, env, '--project-name', project, ...args);
  t.after(() => compose('down').catch(() => {}));
  await compose('build');
  await compose('up', '--detach');
  const container = async (service) => {
    const id = await engine.run('ps', '--quiet', '--filter', `label=com.docker.compose.project=${project}`, '--filter', `label=com.docker.compose.service=${service}`);
    return id.trim();
  };
  const levee = await container('levee');
  await becomesHealthy(levee);
  const metric = async (name) => {
    const text = await engine.run('exec', levee, 'curl', '-fsS', 'http://127.0.0.1:8081/metrics');
    return Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);
  };
  await until('the bus is up', async () => (await metric('levee_realtime_bus_up')) === 1, { seconds: 20 });

  const publisher = publishRtmp(`rtmp://127.0.0.1:${rtmp}/live`, 'show', { width: 320, height: 180 });
  t.after(() => publisher.kill());
  await playable(http, 'show');
  await chat({ bases: [`http://127.0.0.1:${http}`], name: 'show' });
  assert.ok((await metric('levee_redis_messages_total')) > 0);
  assert.match(await engine.run('exec', await container('redis'), 'redis-cli', '--scan'), /chat:show/);
});
