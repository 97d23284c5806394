// A container engine that works on this machine, and the images that a test starts from.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './levee.mjs';
import { run } from './processes.mjs';

const BASE = 'docker.io/library/debian:bookworm-slim';
const REDIS = 'docker.io/library/redis:7-alpine';
const MINUTE = 60;

function answers(command, args, env = {}) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 60_000, env: { ...process.env, ...env } }).status === 0;
}

function shell(line) {
  return spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout.trim();
}

/**
 * Settings for a podman of root's with a storage of its own in .cache/: it leaves the machine's images alone, and works
 * where the usual settings do not: in a container without CAP_SYS_RESOURCE the limits that podman asks for are refused,
 * and crun knows no cgroups of both versions.
 */
function privatePodman() {
  const folder = path.join(root, '.cache/containers');
  for (const one of ['tmp', 'networks']) mkdirSync(path.join(folder, one), { recursive: true });
  const write = (name, text) => writeFileSync(path.join(folder, name), text);
  const files = shell('ulimit -Hn');
  const limits = files === 'unlimited' ? [] : [`nofile=${files}:${files}`, 'nproc=20000:20000'];
  write('storage.conf', `[storage]\ndriver = "overlay"\nrunroot = "${folder}/run"\ngraphroot = "${folder}/store"\n`);
  write('registries.conf', 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n');
  write('containers.conf', `[containers]
default_ulimits = ${JSON.stringify(limits)}
netns = "bridge"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
${answers('runc', ['--version']) ? 'runtime = "runc"' : ''}
`);
  return {
    CONTAINERS_STORAGE_CONF: path.join(folder, 'storage.conf'),
    CONTAINERS_CONF: path.join(folder, 'containers.conf'),
    CONTAINERS_REGISTRIES_CONF: path.join(folder, 'registries.conf'),
    TMPDIR: path.join(folder, 'tmp'),
  };
}

class Engine {
  constructor(name, env, compose) {
    this.name = name;
    this.env = env;
    this.composeCommand = compose;
  }

  run(...args) {
    return this.runFor(MINUTE, ...args);
  }

  runFor(seconds, ...args) {
    return run(this.name, args, { cwd: root, env: this.env, seconds });
  }

  /** Runs the engine's compose on docker/compose.yaml, with settings of its variables. */
  compose(seconds, env, ...args) {
    const [command, ...first] = this.composeCommand;
    return run(command, [...first, '--file', 'docker/compose.yaml', ...args], { cwd: root, env: { ...this.env, ...env }, seconds });
  }

  has(image) {
    return answers(this.name, ['image', 'inspect', image], this.env) || answers(this.name, ['pull', '--quiet', image], this.env);
  }

  /** Why no image of ours can be built and started with this engine; null when one can. */
  async obstacle() {
    if (!(await this.#hasBase())) return `${this.name} has no image ${BASE} and cannot pull it, and it cannot be made here`;
    try {
      await this.run('run', '--rm', BASE, 'true');
      return null;
    } catch (error) {
      return `${this.name} cannot run a container here: ${error.message.trim().split('\n').at(-1)}`;
    }
  }

  /** Whether there is the image that ours are built on: had, pulled, or made as Debian makes it. */
  async #hasBase() {
    if (this.has(BASE)) return true;
    if (this.name !== 'podman' || process.getuid() !== 0 || !answers('debootstrap', ['--version'])) return false;
    const rootfs = path.join(this.env.TMPDIR, 'rootfs');
    // The certificates that this machine's owner trusts come along: its network may lead through a proxy of theirs.
    const make = `set -e; trap 'rm -rf "$1"' EXIT; rm -rf "$1"
      debootstrap --variant=minbase bookworm "$1" > "$1.log"
      if cp /etc/apt/sources.list.d/debian.sources "$1/etc/apt/sources.list.d/" 2>/dev/null; then : > "$1/etc/apt/sources.list"; fi
      mkdir -p "$1/usr/local/share/ca-certificates"
      cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/" 2>/dev/null || true
      rm -f "$1"/var/cache/apt/archives/*.deb
      tar -C "$1" -c . | podman import --quiet --change 'CMD ["bash"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - ${BASE}`;
    await run('bash', ['-c', make, 'bash', rootfs], { env: this.env, seconds: 10 * MINUTE });
    return true;
  }

  /** The name of an image with Redis: the official one, or where no registry answers, Debian's Redis on the base. */
  async redisImage() {
    if (this.has(REDIS)) return REDIS;
    const name = 'localhost/levee-test-redis';
    const folder = path.join(root, 'build/redis-image');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'Dockerfile'), `FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
`);
    await this.runFor(5 * MINUTE, 'build', '--tag', name, folder);
    return name;
  }
}

function candidate() {
  if (answers('docker', ['info'])) {
    const compose = [['docker', 'compose'], ['docker-compose']].find(([command, ...first]) => answers(command, [...first, 'version']));
    return new Engine('docker', {}, compose);
  }
  const env = { BUILDAH_FORMAT: 'docker', ...(process.getuid() === 0 && answers('podman', ['--version']) ? privatePodman() : {}) };
  if (!answers('podman', ['info'], env)) return null;
  return new Engine('podman', env, answers('podman-compose', ['version'], env) ? ['podman-compose'] : undefined);
}

/** `{engine}`, or `{missing}`: why there is none that can build and run our image. Found by running a container. */
export async function findEngine() {
  const engine = candidate();
  if (!engine) return { missing: 'neither podman nor a Docker engine answers here' };
  const obstacle = await engine.obstacle();
  return obstacle ? { missing: obstacle } : { engine };
}
