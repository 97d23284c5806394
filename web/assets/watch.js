/** The watch page: the player, the facts under it, and the chat beside it. */
import { ChatView, storedNick } from './chat.js';
import { Controls } from './controls.js';
import { Player } from './player.js';
import { Realtime } from './realtime.js';
import { count, wait } from './text.js';

const kRefreshMs = 500;

const byId = (id) => document.getElementById(id);
const name = decodeURIComponent(location.pathname.replace(/\/+$/, '').split('/').pop());
const video = byId('video');

document.title = `${name} · Levee`;
byId('name').textContent = name;

// ---- video

const player = new Player(video, `/live/${encodeURIComponent(name)}/index.m3u8`, { isLiveAgain });
const controls = new Controls(player, video, { onChat: () => chat.focus() });
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
      return ['The show is full right now', `You are in line and need not do anything. ${again}`];
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

function refresh() {
  controls.refresh();
  if (player.retryAt !== null) show();
  const latency = player.state === 'live' && !video.paused ? player.latency(realtime.serverNow()) : null;
  const place = byId('latency');
  place.hidden = latency === null;
  if (latency === null) return;
  place.textContent = `${latency.toFixed(1)} s behind`;
  place.dataset.seconds = latency.toFixed(3);
  place.title = `Time from the scene's arrival at the server to the picture here. Network ${(player.bandwidth / 1e6).toFixed(1)} Mbit/s.`;
}

// ---- chat, presence, viewers, status

const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
const realtime = new Realtime(`${scheme}://${location.host}/rt?v=1`, { nick: storedNick() });

const chat = new ChatView({
  onNick: (nick) => realtime.setNick(nick).catch(tell),
  onSend: (text) => realtime.publish(`chat:${name}`, { text }).catch(tell),
});

const kRefusals = {
  4010: 'Choose a name first.',
  4220: "This name can't be used: 1 to 24 characters, and not only spaces.",
  4221: "This message can't be sent: at most 500 characters.",
  4290: 'You are writing too fast.',
  4291: 'Too many requests.',
  5030: 'The chat is not available for a moment.',
  5040: 'The message may not have been sent. Look whether it is there before you write it again.',
};

function tell(error) {
  throw Object.assign(new Error(kRefusals[error.code] ?? error.message), { retryMs: error.retryMs ?? 0 });
}

let logOnPage = false;

const chatChannel = realtime.subscribe(`chat:${name}`, {
  reset() {
    chat.clear();
    if (logOnPage) chat.addNote('Some messages were missed while reconnecting.');
    logOnPage = true;
  },
  message: ({ d, t }) => {
    if (typeof d?.text === 'string')
      chat.add([{ nick: String(d.nick ?? 'someone'), text: d.text, time: Number(t ?? NaN) }]);
  },
  gap: () => chat.addNote('The chat was too fast for this connection; some messages are missing here.'),
  live: showRealtime,
});

const countChannel = realtime.subscribe(`count:${name}`, {
  value: ({ d }) => {
    byId('viewers').hidden = !Number.isFinite(d?.n);
    byId('viewer-count').textContent = count(d?.n ?? 0);
  },
  live: showRealtime,
});

realtime.subscribe(`status:${name}`, {
  value: ({ d }) => (player.publisher = d?.state ?? null),
  // Without the channel nobody tells us of a return: the playlists then speak for themselves.
  live: (live) => live || (player.publisher = null),
});

const peopleChannel = realtime.subscribe(`presence:${name}`, {
  members: (members, total) =>
    chat.setPeople(
      [...members.values()].map((m) => String(m?.nick || 'Guest')),
      total,
    ),
  live: showRealtime,
});

function showRealtime() {
  byId('viewers').classList.toggle('stale', !countChannel.live);
  byId('people-button').classList.toggle('stale', !peopleChannel.live);
  const { state } = realtime;
  const left = realtime.retryAt === null ? 0 : realtime.retryAt - performance.now();
  const text =
    state === 'failed'
      ? 'The chat is closed.'
      : state === 'stale'
        ? 'The server is silent; what you see may be old.'
        : state === 'backoff' && left > 1500
          ? `Chat reconnecting in ${wait(left)}.`
          : logOnPage
            ? 'Chat reconnecting.'
            : '';
  chat.setOnline(chatChannel.live, text);
}

realtime.addEventListener('state', showRealtime);
addEventListener('online', () => realtime.poke());
document.addEventListener('visibilitychange', () => document.hidden || realtime.poke());

// ---- begin

show();
showRealtime();
setInterval(refresh, kRefreshMs);
player.start();
realtime.start();
