// uWebSockets as a peer of the realtime bench: fetched at a pinned commit and compiled into build/bench, where that is possible.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { root } from '../../tests/support/levee.mjs';
import { Program, freePort, run } from '../../tests/support/processes.mjs';

const folder = path.join(root, 'build/bench');
const pinned = {
  uWebSockets: '66dcff3dd48f0c19dd1703426365d062039321d0',
  uSockets: '86097c490263ab662d62e8e7b541390bdec7d149',
};

/** The source at its pinned commit. A checkout that lies there already is taken as it is, if it is that one. */
async function source(name) {
  const checkout = path.join(folder, name);
  const git = (...args) => run('git', ['-C', checkout, ...args], { seconds: 120 });
  if (!existsSync(path.join(checkout, '.git'))) {
    mkdirSync(checkout, { recursive: true });
    await git('init', '--quiet');
  }
  const head = await git('rev-parse', 'HEAD').catch(() => '');
  if (head.trim() === pinned[name]) return checkout;
  await git('fetch', '--quiet', '--depth=1', `https://github.com/uNetworking/${name}`, pinned[name]);
  await git('checkout', '--quiet', '--force', pinned[name]);
  return checkout;
}

async function compiled() {
  const binary = path.join(folder, 'uwebsockets-publish');
  if (existsSync(binary)) return binary;
  const sockets = await source('uSockets');
  const library = await source('uWebSockets');
  const objects = path.join(folder, 'uSockets-objects');
  mkdirSync(objects, { recursive: true });
  const sources = ['src', 'src/eventing', 'src/crypto'].flatMap((part) => readdirSync(path.join(sockets, part))
    .filter((file) => file.endsWith('.c')).map((file) => path.join(sockets, part, file)));
  // As their own Makefiles build it, without TLS, zlib and -march=native.
  await run('cc', ['-std=c11', '-O3', '-flto', '-DLIBUS_NO_SSL', `-I${sockets}/src`, '-c', ...sources], { cwd: objects, seconds: 120 });
  await run('g++', ['-std=c++2b', '-O3', '-flto=auto', '-DUWS_NO_ZLIB', '-DLIBUS_NO_SSL', `-I${library}/src`, `-I${sockets}/src`,
    path.join(root, 'loadtest/peers/uwebsockets_publish.cpp'), ...readdirSync(objects).map((file) => path.join(objects, file)), '-o', binary],
  { seconds: 300 });
  return binary;
}

/** Starts it on core 0; gives null, and says why, where it can't be had. */
export async function startUWebSockets(missing) {
  const port = await freePort();
  try {
    const program = new Program('uWebSockets', 'taskset', ['-c', '0', await compiled(), String(port)]);
    await program.line(/listening/);
    return { name: 'uWebSockets', plain: true, path: '/rt', ports: [port], pid: program.pid, stop: () => program.kill() };
  } catch (error) {
    missing.set('uWebSockets', error.message.split('\n').slice(0, 2).join(' '));
    return null;
  }
}
