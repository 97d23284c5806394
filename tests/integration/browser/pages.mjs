// Headless Chromium on the watch page, and what a test can see there.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { until } from '../../support/processes.mjs';

const require = createRequire(new URL('../../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--mute-audio',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true, args: FLAGS });
}

/** A viewer: the watch page of `name` in a context of its own, as another person's browser would be. */
export class Viewer {
  static async open(browser, base, name, { width = 1280, height = 800, phone = false, nick = '' } = {}) {
    const context = await browser.newContext({
      viewport: { width, height },
      deviceScaleFactor: phone ? 2 : 1,
      hasTouch: phone,
      isMobile: phone,
    });
    const page = await context.newPage();
    const viewer = new Viewer(context, page);
    page.on('pageerror', (error) => viewer.errors.push(String(error.stack ?? error)));
    await page.addInitScript(record, nick);
    await page.goto(`${base}/watch/${encodeURIComponent(name)}`, { waitUntil: 'domcontentloaded' });
    return viewer;
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.errors = [];
  }

  /** What the page shows and its video does now. */
  async see() {
    return this.page.evaluate(() => window.see());
  }

  /** Waits until `holds` of what is seen. */
  async until(what, holds, seconds = 20) {
    let last;
    try {
      return await until(
        what,
        async () => {
          last = await this.see();
          return holds(last) && last;
        },
        { seconds, every: 0.2 },
      );
    } catch (error) {
      throw new Error(
        `${error.message}; last seen: ${JSON.stringify(last)}${this.errors.length ? `; page errors: ${this.errors.join('; ')}` : ''}`,
      );
    }
  }

  /** Waits until the picture moves; gives what is seen then. */
  async playing(seconds = 20) {
    const first = await this.until('the picture is there', (s) => s.state === 'live' && s.frames > 0, seconds);
    return this.until('the picture moves', (s) => s.time > first.time + 0.5 && s.frames > first.frames, seconds);
  }

  /** Slows this viewer's network to `kbps` each way; 0 is no limit. */
  async throttle(kbps) {
    this.cdp ??= await this.context.newCDPSession(this.page);
    const bytes = kbps ? (kbps * 1000) / 8 : -1;
    await this.cdp.send('Network.enable');
    await this.cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: kbps ? 20 : 0,
      downloadThroughput: bytes,
      uploadThroughput: bytes,
    });
  }

  async close() {
    await this.context.close();
  }
}

/** Runs in the page before its own code. */
function record(nick) {
  if (nick) localStorage.setItem('levee.nick', nick);
  const seen = { waits: 0, stalledMs: 0, waitingSince: null, states: [], openings: performance.timeOrigin };
  document.addEventListener('DOMContentLoaded', () => {
    const video = document.querySelector('video');
    let began = false;
    // The waits before the first picture are the start, not a stall.
    video.addEventListener('timeupdate', () => {
      began ||=
        video.currentTime > 0 &&
        video.readyState >= 3 &&
        !video.paused &&
        video.getVideoPlaybackQuality().totalVideoFrames > 5;
      if (seen.waitingSince !== null && video.readyState >= 3) {
        seen.stalledMs += performance.now() - seen.waitingSince;
        seen.waitingSince = null;
      }
    });
    video.addEventListener('waiting', () => {
      if (!began) return;
      seen.waits += 1;
      seen.waitingSince ??= performance.now();
    });
    const main = document.getElementById('watch');
    new MutationObserver(() => seen.states.push(main.dataset.state)).observe(main, { attributeFilter: ['data-state'] });
  });
  // Milliseconds from opening the page until it asked for the stream, had the first of its media, and showed it.
  const beginning = () => {
    const requests = performance.getEntriesByType('resource');
    return {
      askedMs: requests.find((one) => /\/live\/.*\.m3u8/.test(one.name))?.startTime ?? null,
      mediaMs: requests.find((one) => /-[ps]\d+\.m4s/.test(one.name))?.responseEnd ?? null,
      firstFrameMs: performance.getEntriesByName('levee:first-frame')[0]?.startTime ?? null,
    };
  };
  window.see = () => {
    const video = document.querySelector('video');
    const quality = video.getVideoPlaybackQuality();
    const latency = document.getElementById('latency');
    const text = (id) => document.getElementById(id)?.textContent.trim() ?? '';
    return {
      state: document.getElementById('watch').dataset.state,
      states: seen.states,
      badge: text('badge'),
      overlay: document.getElementById('overlay').hidden ? '' : text('overlay-title'),
      time: video.currentTime,
      paused: video.paused,
      ready: video.readyState,
      height: video.videoHeight,
      rate: video.playbackRate,
      frames: quality.totalVideoFrames,
      dropped: quality.droppedVideoFrames,
      stalls: seen.waits,
      stalledMs: Math.round(seen.stalledMs + (seen.waitingSince === null ? 0 : performance.now() - seen.waitingSince)),
      latency: latency.hidden ? null : Number(latency.dataset.seconds),
      beginning: beginning(),
      quality: document.getElementById('quality').selectedOptions[0]?.textContent ?? '',
      viewers: document.getElementById('viewers').hidden ? null : text('viewer-count'),
      people: document.getElementById('people-button').hidden ? null : text('people-button'),
      messages: [...document.querySelectorAll('#messages .message:not(.note)')].map((m) => ({
        nick: m.querySelector('.nick').textContent,
        text: m.querySelector('.text').textContent,
        elements: m.querySelector('.text').childElementCount,
      })),
      outgoing: document.getElementById('outgoing').childElementCount,
      note: text('chat-form') && document.querySelector('#chat-form [data-note]').textContent,
      opened: performance.timeOrigin,
    };
  };
}

/**
 * Runs `main` when its module is the program, with its options from the command line. Prints what it gives as JSON;
 * exits 1 with the reason when it throws.
 */
export async function asProgram(url, options, main) {
  if (process.argv[1] === undefined || path.resolve(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    const { values } = parseArgs({ options });
    console.log(JSON.stringify(await main(values), null, 2));
  } catch (error) {
    console.error(`FAIL ${error.message}`);
    process.exitCode = 1;
  }
}

export function check(holds, what) {
  if (!holds) throw new Error(what);
}
