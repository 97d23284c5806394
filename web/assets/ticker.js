/**
 * The ticker over the picture: the quotes of a feed. One that is not live is grey, struck from the present by its age, and
 * says why.
 */
import { age } from './text.js';

const kRefreshMs = 250;
const kShown = 12;

const kReasons = {
  offline: 'no connection',
  unheard: 'no connection',
  resyncing: 'catching up',
  silent: 'source silent',
  gone: 'source gone',
  resync: 'source is back',
  closed: 'closed',
  bus: 'source not reached',
  old: 'old',
  unknown: 'unknown',
};

/** A quote's figures as text: what a feed says is the operator's; bid and ask, a price, or its first number. */
export function figures(data) {
  const show = (n) => (Number.isFinite(n) ? n.toLocaleString('en', { maximumSignificantDigits: 7 }) : '');
  if (Number.isFinite(data?.b) && Number.isFinite(data?.a)) return `${show(data.b)} / ${show(data.a)}`;
  const n = data?.price ?? data?.p ?? Object.values(data ?? {}).find((v) => Number.isFinite(v));
  return typeof n === 'string' ? n : show(n);
}

export class Ticker {
  #place;
  #feed;
  #chips = new Map();

  constructor(place, feed) {
    this.#place = place;
    this.#feed = feed;
    feed.on('change', (quote) => this.#draw(quote));
    setInterval(() => feed.keys().forEach((key) => this.#draw(feed.quote(key))), kRefreshMs);
  }

  #draw(quote) {
    if (quote.state === 'none') return;
    const chip = this.#chip(quote.key);
    if (!chip) return;
    const { state } = quote;
    const value = state === 'live' ? quote.value : quote.last;
    chip.root.dataset.state = state;
    set(chip.value, figures(value));
    set(chip.note, state === 'live' ? '' : `${age(quote.ageMs / 1000)} ago, ${kReasons[quote.why] ?? 'stale'}`);
    chip.root.dataset.q = String(quote.q);
  }

  #chip(key) {
    if (this.#chips.has(key)) return this.#chips.get(key);
    if (this.#chips.size >= kShown) return null;
    const root = document.createElement('li');
    root.className = 'quote figures';
    root.dataset.key = key;
    const [name, value, note] = ['quote-key', 'quote-value', 'quote-note'].map((className) => {
      const part = document.createElement('span');
      part.className = className;
      root.append(part);
      return part;
    });
    name.textContent = key;
    const chip = { root, value, note };
    this.#chips.set(key, chip);
    this.#place.append(root);
    this.#place.hidden = false;
    return chip;
  }
}

function set(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
