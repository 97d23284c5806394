// A viewer without a picture: it follows the source rendition by blocking reloads, fetches every part as soon as it is
// listed, and keeps the clock of a player that holds back as the playlist asks. It tells a stall of the server from one
// of a browser that lacked the processor.
import { setTimeout as sleep } from 'node:timers/promises';

/** What a media playlist says: its parts in order as `{msn, part, uri, seconds}`, and where it goes on. */
function read(text) {
  let msn = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)[1]);
  let part = 0;
  const parts = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXT-X-PART:')) {
      parts.push({ msn, part: part++, uri: /URI="([^"]+)"/.exec(line)[1], seconds: Number(/DURATION=([\d.]+)/.exec(line)[1]) });
    } else if (line && !line.startsWith('#')) {
      msn += 1;
      part = 0;
    }
  }
  return { parts, next: { msn, part }, holdBack: Number(/PART-HOLD-BACK=([\d.]+)/.exec(text)[1]) };
}

export class PartViewer {
  constructor(base, name) {
    this.top = `${base}/live/${name}/index.m3u8`;
    this.parts = 0;
    this.stalls = 0;
    this.stalledMs = 0;
    this.running = true;
    this.done = this.#follow();
    this.done.catch(() => {}); // told by stop()
  }

  /** Ends it; throws what ended it before. */
  async stop() {
    this.running = false;
    await this.done;
  }

  async #get(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer;
  }

  async #follow() {
    const text = await (await this.#get(this.top)).text();
    const url = new URL(text.split('\n').find((line) => line.includes('source/')), this.top);
    let list = read(await (await this.#get(url)).text());
    let seen = list.parts.at(-1);
    this.buffered = 0;
    while (this.running) {
      url.search = `?_HLS_msn=${list.next.msn}&_HLS_part=${list.next.part}`;
      list = read(await (await this.#get(url)).text());
      const fresh = list.parts.filter((one) => one.msn > seen.msn || (one.msn === seen.msn && one.part > seen.part));
      for (const one of fresh) {
        await (await this.#get(new URL(one.uri, url))).arrayBuffer();
        this.#took(one.seconds, list.holdBack);
        seen = one;
      }
      if (fresh.length === 0) await sleep(50); // an answer without news must not become a loop
    }
  }

  /** The player's clock: it starts, and after a stall starts again, with `holdBack` seconds in its buffer. */
  #took(seconds, holdBack) {
    const now = performance.now();
    this.parts += 1;
    if (this.playing) {
      this.buffered -= (now - this.at) / 1000;
      if (this.buffered < 0) {
        this.stalls += 1;
        this.stalledMs += -this.buffered * 1000;
        this.buffered = 0;
        this.playing = false;
      }
    }
    this.at = now;
    this.buffered += seconds;
    this.playing ||= this.buffered >= holdBack;
  }
}
