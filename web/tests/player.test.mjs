import assert from 'node:assert/strict';
import test from 'node:test';
import { Player } from '../assets/player.js';
import { VirtualTime } from './virtual_time.mjs';

globalThis.sessionStorage = { getItem: () => null, setItem: () => {} };

/** Stands in for hls.js: keeps who listens, and what it was told to do. */
class FakeHls {
  static Events = new Proxy({}, { get: (_, name) => name });
  static ErrorTypes = { NETWORK_ERROR: 'networkError', MEDIA_ERROR: 'mediaError' };
  static ErrorDetails = { MANIFEST_LOAD_ERROR: 'manifestLoadError', MANIFEST_LOAD_TIMEOUT: 'manifestLoadTimeOut' };
  static isSupported = () => true;
  static made = [];

  config = {};
  levels = [];
  calls = [];
  #listeners = new Map();

  constructor() {
    FakeHls.made.push(this);
    for (const name of ['loadSource', 'attachMedia', 'destroy', 'startLoad', 'stopLoad', 'recoverMediaError']) {
      this[name] = (argument) => {
        this.calls.push(name);
        if (name === 'loadSource') this.source = argument;
      };
    }
  }

  on(event, f) {
    this.#listeners.set(event, f);
  }

  tell(event, data) {
    this.#listeners.get(event)?.(event, data);
  }

  refuse(code, headers = {}) {
    const networkDetails = { getResponseHeader: (name) => headers[name] ?? null };
    this.tell('ERROR', {
      fatal: true,
      type: 'networkError',
      details: 'manifestLoadError',
      response: { code },
      networkDetails,
    });
  }

  /** A playlist came, with something new or without. */
  update({ live = true, advanced = true, partTarget = 0.35 } = {}) {
    this.tell('LEVEL_UPDATED', { details: { live, advanced, partTarget } });
  }
}

class FakeVideo extends EventTarget {
  currentTime = 0;
  paused = false;
  readyState = 4;
  muted = false;
}

function setUp(options = {}) {
  FakeHls.made = [];
  const time = new VirtualTime();
  const { now, setTimeout, clearTimeout } = time;
  const env = { now, setTimeout, clearTimeout, random: () => 0.5, isOnline: () => true, whenOnline: () => {} };
  const video = new FakeVideo();
  const player = new Player(video, '/live/a/index.m3u8', { Hls: FakeHls, env, ...options });
  const states = [];
  player.addEventListener('state', () => {
    const state = player.why ? `${player.state}/${player.why}` : player.state;
    if (states.at(-1) !== state) states.push(state);
  });
  /** Plays for `ms`: the playlist and the picture move. */
  const playOn = async (ms) => {
    for (let i = 0; i < ms; i += 250) {
      video.currentTime += 0.25;
      FakeHls.made.at(-1).update();
      await time.pass(250);
    }
  };
  const begin = async () => {
    player.start();
    FakeHls.made.at(-1).tell('MANIFEST_PARSED');
    await playOn(1000);
  };
  return {
    time,
    video,
    player,
    states,
    playOn,
    begin,
    hls: () => FakeHls.made.at(-1),
    loads: () => FakeHls.made.length,
  };
}

test('a stream that does not exist yet is waited for, and played when it is there', async () => {
  const { player, time, hls, loads, states } = setUp();
  player.start();
  hls().refuse(404);
  assert.equal(player.state, 'waiting');
  await time.pass(1001);
  assert.equal(loads(), 2);
  hls().tell('MANIFEST_PARSED');
  assert.deepEqual(states, ['waiting', 'loading', 'live']);
});

test('the first key frame is gone to as soon as it is there, and once', () => {
  const { player, video, hls } = setUp();
  const append = (start) => {
    video.buffered = { length: start === undefined ? 0 : 1, start: () => start };
    hls().tell('BUFFER_APPENDED');
  };
  player.start();
  hls().tell('MANIFEST_PARSED');
  append(undefined);
  assert.equal(video.currentTime, 0);
  append(12.5);
  assert.equal(video.currentTime, 12.5);
  append(20);
  assert.equal(video.currentTime, 12.5);
});

test('the waits for a stream grow to eight seconds, and to thirty where the server tells of a start', async () => {
  for (const [publisher, longest] of [
    [null, 8000],
    ['starting', 30_000],
  ]) {
    const { player, time, hls } = setUp();
    player.publisher = publisher;
    player.start();
    let wait = 0;
    for (let i = 0; i < 15; i++) {
      hls().refuse(404);
      wait = player.retryAt - time.now();
      await time.pass(wait);
    }
    assert.equal(wait, longest);
  }
});

test('a stream that starts is loaded within half a second of the news', async () => {
  const { player, time, hls, loads } = setUp();
  player.publisher = 'starting';
  player.start();
  for (let i = 0; i < 8; i++) {
    hls().refuse(404);
    await time.pass(player.retryAt - time.now());
  }
  hls().refuse(404);
  const before = loads();
  player.publisher = 'live';
  await time.pass(500);
  assert.equal(loads(), before + 1);
});

test('a full server is asked again after the time it names, never before', async () => {
  const { player, time, hls, loads } = setUp();
  player.start();
  hls().refuse(503, { 'Retry-After': '12' });
  assert.equal(player.state, 'full');
  player.publisher = 'live'; // no news to one who stands in line
  await time.pass(11_999);
  assert.equal(loads(), 1);
  await time.pass(2500);
  assert.equal(loads(), 2);
});

test('one who waits shows its ticket, and says when it expects to be let in', async () => {
  const { player, time, hls } = setUp();
  const ticket = 'T'.repeat(32);
  player.start();
  hls().refuse(503, { 'Retry-After': '4', 'Levee-Wait-Ms': '9500', 'Levee-Ticket': ticket });
  assert.equal(player.admittedAt - time.now(), 9500);
  await time.pass(5000);
  assert.equal(hls().source, `/live/a/index.m3u8?ticket=${ticket}`);
  hls().refuse(503, { 'Retry-After': '6' });
  assert.equal(player.admittedAt, null);
  await time.pass(7500);
  assert.equal(hls().source, `/live/a/index.m3u8?ticket=${ticket}`);
});

test('one who was let in says so when it loads again', async () => {
  const { player, time, hls } = setUp();
  const token = 'a-_9'.repeat(8);
  player.start();
  hls().levels = [{ url: [`http://host/live/a/v/${token}/480p/index.m3u8`] }];
  hls().tell('MANIFEST_PARSED', { firstLevel: 0 });
  hls().tell('ERROR', { fatal: true, type: 'networkError', details: 'levelLoadError' });
  await time.pass(2000);
  assert.equal(hls().source, `/live/a/v/${token}/index.m3u8`);
  const renewed = 'b'.repeat(32);
  hls().levels = [{ url: [`http://host/live/a/v/${renewed}/480p/index.m3u8`] }];
  hls().tell('MANIFEST_PARSED', { firstLevel: 0 });
  hls().tell('ERROR', { fatal: true, type: 'networkError', details: 'levelLoadError' });
  await time.pass(2000);
  assert.equal(hls().source, `/live/a/v/${renewed}/index.m3u8`);
});

test('starts where the server lists its first rendition, when that is below the top', () => {
  const { player, hls } = setUp();
  player.start();
  hls().levels = [{}, {}, {}];
  hls().tell('MANIFEST_PARSED', { firstLevel: 1 });
  assert.equal(hls().startLevel, 1);
  const other = setUp();
  other.player.start();
  other.hls().levels = [{}, {}, {}];
  other.hls().tell('MANIFEST_PARSED', { firstLevel: 2 });
  assert.equal(other.hls().startLevel, undefined);
});

test('a publisher that blinks is told at once, and its return when the picture moves', async () => {
  const { player, begin, playOn, time, states, loads } = setUp();
  await begin();
  player.publisher = 'live';
  player.publisher = 'interrupted';
  assert.equal(states.at(-1), 'reconnecting/publisher');
  await time.pass(20_000);
  player.publisher = 'live';
  assert.equal(player.state, 'reconnecting');
  await playOn(1500);
  assert.equal(player.state, 'live');
  assert.equal(loads(), 1);
});

test('a playlist that stands still is told without the status channel', async () => {
  const { begin, time, states } = setUp();
  await begin();
  await time.pass(3000);
  assert.equal(states.at(-1), 'reconnecting/stalled');
});

test('a picture that stands still while the playlist moves is begun anew', async () => {
  const { begin, hls, time, loads } = setUp();
  await begin();
  for (let i = 0; i < 48; i++) {
    hls().update();
    await time.pass(250);
  }
  assert.equal(loads(), 2);
});

test('a show that ends says so, and the next one is found by asking', async () => {
  let again = false;
  const { begin, video, player, hls, time, loads } = setUp({ isLiveAgain: async () => again });
  await begin();
  hls().update({ live: false });
  assert.equal(player.state, 'live');
  video.dispatchEvent(new Event('ended'));
  assert.equal(player.state, 'ended');
  await time.pass(30_000);
  assert.equal(loads(), 1);
  again = true;
  await time.pass(15_000);
  assert.equal(loads(), 2);
});

test('who comes after the end is told, and not shown the last minute', async () => {
  const { player, hls } = setUp();
  player.start();
  hls().tell('MANIFEST_PARSED');
  hls().update({ live: false });
  assert.equal(player.state, 'ended');
  assert.ok(FakeHls.made[0].calls.includes('destroy'));
});

test('a server that restarts is asked again with growing waits, and the show is not given up for a minute', async () => {
  const { begin, player, hls, time, states } = setUp();
  await begin();
  hls().tell('ERROR', { fatal: true, type: 'networkError', details: 'levelLoadError', response: { code: 0 } });
  assert.equal(states.at(-1), 'reconnecting/network');
  const waits = [];
  for (let i = 0; i < 4; i++) {
    waits.push(player.retryAt - time.now());
    await time.pass(waits.at(-1));
    hls().refuse(0);
  }
  assert.deepEqual(waits, [800, 1300, 2300, 4300]);
  await time.pass(player.retryAt - time.now());
  hls().refuse(404);
  assert.equal(states.at(-1), 'reconnecting/publisher');
  for (let i = 0; i < 12; i++) {
    await time.pass(player.retryAt - time.now());
    hls().refuse(404);
  }
  assert.equal(player.state, 'ended');
});

test('a media error is mended in place once, then by beginning anew', async () => {
  const { begin, hls, time, loads } = setUp();
  await begin();
  const broken = { fatal: true, type: 'mediaError', details: 'bufferAppendError' };
  hls().tell('ERROR', broken);
  assert.ok(hls().calls.includes('recoverMediaError'));
  hls().tell('ERROR', broken);
  await time.pass(1000);
  assert.equal(loads(), 2);
});

test('nothing is loaded for a picture that a person stopped', async () => {
  const { begin, player, video, hls, time, loads } = setUp();
  video.pause = () => (video.paused = true);
  video.play = async () => (video.paused = false);
  await begin();
  player.pause();
  assert.equal(hls().calls.at(-1), 'stopLoad');
  await time.pass(120_000);
  assert.equal(loads(), 1);
  assert.equal(player.state, 'live');
  await player.play();
  assert.equal(hls().calls.at(-1), 'startLoad');
});
