// An HLS origin with faults on order: a stream of one rung in whole segments, made up as time goes by, that counts
// what it did to its clients.
import http from 'node:http';
import { once } from 'node:events';

const SEGMENT_BYTES = 20_000;

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Time runs from the first request. Faults: `rate`, media seconds made in a second; `freezeAt` and `freezeFor`, seconds, in
 * which none is made; `refuse`, the share of requests answered with a bare 503; `cut`, the share of segments that end in the middle;
 * `waitUntil`: until then, in seconds, newcomers are told to come back in `waitFor` seconds.
 */
export class FaultyOrigin {
  constructor(faults = {}) {
    this.faults = { segment: 1, rate: 1, freezeAt: Infinity, freezeFor: 0, refuse: 0, cut: 0, waitUntil: 0, waitFor: 1, ...faults };
    this.counts = { requests: 0, refused: 0, cut: 0, told: 0 };
    this.chance = chance(1);
    this.server = http.createServer((request, response) => this.#answer(request, response));
    this.server.keepAliveTimeout = 0;
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}/live/faulty/index.m3u8`;
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Seconds since the first request. */
  #since() {
    this.opened ??= Date.now();
    return (Date.now() - this.opened) / 1000;
  }

  /** Media made so far, in seconds; ten are there at the start. */
  #made() {
    const { rate, freezeAt, freezeFor } = this.faults;
    const since = this.#since();
    const frozen = Math.min(Math.max(0, since - freezeAt), freezeFor);
    return 10 + (since - frozen) * rate;
  }

  #answer(request, response) {
    ++this.counts.requests;
    const { refuse, cut, waitUntil, waitFor } = this.faults;
    const path = request.url.split('?')[0];
    if (path === '/live/faulty/index.m3u8') {
      if (this.#since() < waitUntil) {
        ++this.counts.told;
        return send(response, 503, '', { 'Retry-After': String(waitFor) });
      }
      return send(response, 200, '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=160000,RESOLUTION=64x64\nonly/index.m3u8\n');
    }
    if (this.chance() < refuse) {
      ++this.counts.refused;
      return send(response, 503, '');
    }
    if (path.endsWith('.m3u8')) return send(response, 200, this.#playlist());
    if (this.chance() < cut) {
      ++this.counts.cut;
      response.writeHead(200, { 'Content-Length': SEGMENT_BYTES });
      response.write(Buffer.alloc(SEGMENT_BYTES / 2));
      return setTimeout(() => response.destroy(), 20);
    }
    return send(response, 200, Buffer.alloc(path.endsWith('init.mp4') ? 700 : SEGMENT_BYTES));
  }

  #playlist() {
    const { segment } = this.faults;
    const end = Math.floor(this.#made() / segment);
    const first = Math.max(0, end - 10);
    const date = new Date(this.opened - 10_000 + first * segment * 1000).toISOString();
    let text = `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:${Math.ceil(segment)}\n#EXT-X-MEDIA-SEQUENCE:${first}\n`;
    text += `#EXT-X-MAP:URI="init.mp4"\n#EXT-X-PROGRAM-DATE-TIME:${date}\n`;
    for (let i = first; i < end; ++i) text += `#EXTINF:${segment},\n${i}.m4s\n`;
    return text;
  }
}

function send(response, status, body, fields = {}) {
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...fields });
  response.end(body);
}
