/** The watch page: the player and the facts under it; what stands beside it is brought in once the picture is on its way. */
import { Controls } from './controls.js';
import { Player } from './player.js';
import { wait } from './text.js';

const kRefreshMs = 500;
const kBesideAfterMs = 1500;

const byId = (id) => document.getElementById(id);
const name = decodeURIComponent(location.pathname.replace(/\/+$/, '').split('/').pop());
const video = byId('video');
let beside = null;

document.title = `${name} · Levee`;
byId('name').textContent = name;

// ---- video

const player = new Player(video, `/live/${encodeURIComponent(name)}/index.m3u8`, { isLiveAgain });
const controls = new Controls(player, video, { onChat: () => beside?.focusChat() });
let starved = false;

async function isLiveAgain() {
  const answer = await fetch('/api/v1/live', { cache: 'no-store' });
  const { streams } = await answer.json();
  return streams.some((s) => s.name === name && s.state === 'live');
}

player.addEventListener('ready', () => controls.start());
player.addEventListener('state', show);
for (const event of ['waiting', 'playing', 'seeked', 'timeupdate', 'emptied', 'pause']) {
  video.addEventListener(event, () => {
    const now = !video.paused && video.readyState < 3;
    if (now !== starved) {
      starved = now;
      show();
    }
  });
}

const kBadges = {
  live: 'Live',
  reconnecting: 'Reconnecting',
  ended: 'Ended',
  waiting: 'Not live',
  full: 'Full',
  loading: 'Loading',
  unsupported: 'No player',
};

/** When someone in line is let in, as far as the server can tell; `left` is the time to the next try. */
function turn(left) {
  if (player.admittedAt === null) return `Asking again in ${wait(left ?? 0)}.`;
  const ms = player.admittedAt - performance.now();
  return ms < 1000 ? 'It is your turn.' : `You are let in in about ${wait(ms)}.`;
}

/** Title and text for what the picture can't tell; null while it can. */
function explain() {
  const left = player.retryAt === null ? null : Math.max(0, player.retryAt - performance.now());
  const again = left === null ? '' : left < 1000 ? 'Trying now.' : `Trying again in ${wait(left)}.`;
  switch (player.state) {
    case 'loading':
      return player.why ? ['The server does not answer', again] : ['', ''];
    case 'waiting':
      return ['Not live yet', 'This page starts playing by itself when the show begins.'];
    case 'full':
      return ['The show is full right now', `You are in line and need not do anything. ${turn(left)}`];
    case 'reconnecting':
      if (player.why === 'network')
        return ['Connection lost', navigator.onLine ? again : 'This device is offline. It goes on by itself.'];
      if (player.why === 'publisher')
        return ['Reconnecting', "The streamer's connection dropped. It goes on by itself when they are back."];
      return ['Reconnecting', 'Nothing new has come for a while. It goes on by itself.'];
    case 'ended':
      return ['The show has ended', 'If it starts again, it plays here by itself.'];
    case 'unsupported':
      return ["This browser can't play the stream", 'It needs Media Source Extensions or HLS.'];
    default:
      return null;
  }
}

function show() {
  const { state } = player;
  const badge = byId('badge');
  if (badge.textContent !== kBadges[state]) {
    byId('watch').dataset.state = badge.dataset.state = state;
    badge.textContent = kBadges[state];
    byId('announce').textContent = explain()?.[0] || kBadges[state];
  }
  const words = explain();
  // What is still buffered goes on playing while the publisher is away: cover it only when it stands still.
  const playing = video.readyState >= 3 && !video.paused && ['live', 'reconnecting'].includes(state);
  const spins = state === 'loading' || state === 'reconnecting' || starved;
  const covered = words ? !playing : starved;
  byId('overlay').hidden = !covered;
  byId('spinner').hidden = !spins;
  byId('overlay-title').textContent = words?.[0] ?? '';
  byId('overlay-text').textContent = words?.[1] ?? '';
  byId('notice').hidden = covered || !words;
  byId('notice').textContent = words ? words.filter(Boolean).join('. ').replace('..', '.') : '';
}

/** The server's clock; our own while the server's is not known. */
function serverNow() {
  const now = beside?.serverNow() ?? NaN;
  return Number.isNaN(now) ? Date.now() : now;
}

function refresh() {
  controls.refresh();
  if (player.retryAt !== null) show();
  const latency = player.state === 'live' && !video.paused ? player.latency(serverNow()) : null;
  const place = byId('latency');
  place.hidden = latency === null;
  if (latency === null) return;
  place.textContent = `${latency.toFixed(1)} s behind`;
  place.dataset.seconds = latency.toFixed(3);
  place.title = `Time from the scene's arrival at the server to the picture here. Network ${(player.bandwidth / 1e6).toFixed(1)} Mbit/s.`;
}

// ---- begin

/** Chat and counts, once the picture is there or there is none to wait for: it needs the network and the processor first. */
async function bringBeside() {
  await new Promise((resolve) => {
    video.addEventListener('loadeddata', resolve, { once: true });
    player.addEventListener('state', () => !['loading', 'live'].includes(player.state) && resolve());
    setTimeout(resolve, kBesideAfterMs);
  });
  document.head.append(byId('later').content);
  try {
    const { showBeside } = await import('./beside.js');
    beside = showBeside(name, { onPublisher: (state) => (player.publisher = state) });
  } catch {
    byId('chat-trouble').textContent = 'The chat could not be loaded. Load the page again to have it.';
    byId('chat-trouble').hidden = false;
  }
}

show();
setInterval(refresh, kRefreshMs);
bringBeside();
player.start();
