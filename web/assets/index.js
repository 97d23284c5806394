/** The front page: what is live, asked for every few seconds while the page is looked at. */
import { age, instant, viewers } from './text.js';

const kPollMs = 3000;
const kPollLimitMs = 30_000;
const kAnswerWithinMs = 8000;

const list = document.getElementById('streams');
const empty = document.getElementById('empty');
const summary = document.getElementById('summary');
const trouble = document.getElementById('trouble');
const cards = new Map();
let delay = kPollMs;
let timer = 0;

document.getElementById('rtmp-server').textContent = `rtmp://${location.hostname}/live`;

function makeCard(name) {
  const element = (tag, className) => Object.assign(document.createElement(tag), { className });
  const item = document.createElement('li');
  const link = element('a', 'stream');
  link.href = `/watch/${encodeURIComponent(name)}`;
  const top = element('div', 'stream-top');
  const badge = element('span', 'badge');
  const since = element('span', 'stream-age figures');
  top.append(badge, since);
  const bottom = document.createElement('div');
  const title = element('h2', 'stream-name');
  title.textContent = name;
  const watching = element('p', 'stream-viewers figures');
  bottom.append(title, watching);
  link.append(top, bottom);
  item.append(link);
  return { item, badge, since, watching };
}

const kStates = { live: ['live', 'Live'], interrupted: ['reconnecting', 'Reconnecting'], ended: ['ended', 'Ended'] };

function show(streams) {
  const names = new Set(streams.map((s) => s.name));
  for (const [name, card] of cards) {
    if (!names.has(name)) {
      card.item.remove();
      cards.delete(name);
    }
  }
  for (const stream of streams) {
    let card = cards.get(stream.name);
    if (!card) cards.set(stream.name, (card = makeCard(stream.name)));
    const [state, label] = kStates[stream.state] ?? ['', stream.state];
    card.badge.dataset.state = state;
    card.badge.textContent = label;
    const started = instant(stream.started);
    card.since.textContent = Number.isNaN(started) ? '' : age((Date.now() - started) / 1000);
    card.watching.textContent = viewers(stream.viewers ?? 0);
  }
  const order = [...cards.keys()].sort((a, b) => a.localeCompare(b));
  order.forEach((name, at) => {
    const { item } = cards.get(name);
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
  list.hidden = cards.size === 0;
  empty.hidden = cards.size > 0;
  const text = cards.size ? `${cards.size} ${cards.size === 1 ? 'stream' : 'streams'}` : '';
  if (summary.textContent !== text) summary.textContent = text;
}

async function poll() {
  try {
    const answer = await fetch('/api/v1/live', { cache: 'no-store', signal: AbortSignal.timeout(kAnswerWithinMs) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { streams } = await answer.json();
    show(streams);
    trouble.hidden = true;
    delay = kPollMs;
  } catch {
    // What was last known stays on the page, and the page says that it is old.
    delay = Math.min(delay * 2, kPollLimitMs);
    trouble.textContent = cards.size
      ? 'The server does not answer. What is shown may be out of date; trying again.'
      : 'The server does not answer. Trying again.';
    trouble.hidden = false;
  }
  schedule();
}

function schedule() {
  clearTimeout(timer);
  // Spread, so that pages opened by one announcement do not ask in step for ever.
  if (!document.hidden) timer = setTimeout(poll, delay * (0.8 + 0.4 * Math.random()));
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(timer);
  if (!document.hidden) poll();
});

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = 'Copied';
  } catch {
    // Without a secure context there is no clipboard: select the text, so that one key press copies it.
    getSelection().selectAllChildren(source);
    button.textContent = 'Selected';
  }
  setTimeout(() => (button.textContent = 'Copy'), 1500);
});

poll();
