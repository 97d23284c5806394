// The pages of web/ with the simulation's model of the realtime server behind them, over real sockets and in real time.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

import { ModelServer } from '../../web/client/tests/simulation/server.mjs';
import { Source } from '../../web/client/tests/simulation/source.mjs';
import { Truth } from '../../web/client/tests/simulation/world.mjs';
import { root } from './levee.mjs';
import { acceptWebSocket } from './websocket.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const EPOCH_MS = 1_700_000_000_000; // the model's clock begins here

/** Real time as the simulation's scheduler: ms since its beginning. */
class RealTime {
  #timers = new Set();

  get time() {
    return Date.now() - EPOCH_MS;
  }

  after(ms, f) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      f();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  every(ms, f) {
    this.after(ms, () => {
      f();
      this.every(ms, f);
    });
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.after = () => null;
  }
}

/** A world of the simulation whose links are real WebSockets. */
export class ModelSite {
  scheduler = new RealTime();
  truth = new Truth();
  rules = { sourceGate: true };
  lossRate = 0;
  doubleRate = 0.1;
  slowRate = 0;
  tickEvery = [100, 600];
  random = Math.random;
  #http;

  static async start() {
    const site = new ModelSite();
    site.#http.listen(0, '127.0.0.1');
    await once(site.#http, 'listening');
    return site;
  }

  constructor() {
    this.server = new ModelServer(this);
    this.source = new Source(this);
    this.#http = http.createServer((request, response) => this.#serve(request, response));
    this.#http.on('upgrade', (request, socket) => this.#open(acceptWebSocket(request, socket)));
  }

  get port() {
    return this.#http.address().port;
  }

  between(from, to) {
    return from + this.random() * (to - from);
  }

  stop() {
    this.scheduler.stop();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #open(end) {
    const link = {
      down: { send: (text) => end.send(text) },
      reset: () => end.destroy(),
      halfOpen: () => (end.send = () => {}),
    };
    const peer = this.server.accept(link);
    end.onmessage = (text) => peer.message(JSON.parse(text));
    end.onclose = () => peer.gone();
  }

  async #serve(request, response) {
    const { pathname } = new URL(request.url, 'http://site');
    const file = fileOf(pathname);
    try {
      const content = await readFile(path.join(root, 'web', file));
      response.writeHead(200, { 'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}

/** What the server's own routes are in the folder of the pages. */
function fileOf(pathname) {
  if (pathname.startsWith('/watch/')) return 'watch.html';
  if (pathname.startsWith('/map/')) return 'map.html';
  if (pathname.startsWith('/report/')) return 'report.html';
  if (pathname.startsWith('/assets/client/')) return pathname.replace('/assets/client/', 'client/src/');
  if (pathname === '/assets/hls.min.js') return 'node_modules/hls.js/dist/hls.min.js';
  if (pathname.startsWith('/assets/leaflet')) return pathname.replace('/assets/', 'node_modules/leaflet/dist/');
  return pathname.slice(1);
}
