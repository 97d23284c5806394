/**
 * The chat beside the picture: what is drawn, not how it is carried. Messages are written as text, never as markup;
 * at most `kKept` stay on the page.
 */
import { count, wait } from './text.js';

const kKept = 200;
const kNickKey = 'levee.nick';
const kNearEndPx = 48;
const kPeopleShown = 100;

const byId = (id) => document.getElementById(id);

/** The nickname chosen here before, or "". */
export function storedNick() {
  try {
    return localStorage.getItem(kNickKey) ?? '';
  } catch {
    return ''; // storage may be forbidden; the name then lasts as long as the page
  }
}

function storeNick(nick) {
  try {
    localStorage.setItem(kNickKey, nick);
  } catch {
    // See storedNick.
  }
}

/** One of twelve calm hues, the same for a name on every page. */
function hueOf(name) {
  let hash = 2166136261;
  for (const c of name) hash = Math.imul(hash ^ c.codePointAt(0), 16777619);
  return ((hash ^ (hash >>> 15)) >>> 0) % 12;
}

export class ChatView {
  #messages = byId('messages');
  #empty = byId('chat-empty');
  #newer = byId('newer');
  #nickForm = byId('nick-form');
  #chatForm = byId('chat-form');
  #nick = storedNick();
  #following = true;
  #noteTimer = 0;
  #onNick;
  #onSend;
  #online = false;
  #busy = false;

  /**
   * `onNick(nick)` and `onSend(text)` return promises; a rejection carries what to tell: `message`, and `retryMs` when
   * it may be tried again after a time.
   */
  constructor({ onNick, onSend }) {
    this.#onNick = onNick;
    this.#onSend = onSend;
    this.#messages.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // A keyboard or an address bar that comes or goes must not leave the newest line hidden.
    new ResizeObserver(() => this.#following && this.#toEnd()).observe(this.#messages);
    this.#newer.addEventListener('click', () => this.#toEnd());
    this.#nickForm.addEventListener('submit', (event) => this.#submitNick(event));
    this.#chatForm.addEventListener('submit', (event) => this.#submitText(event));
    byId('rename').addEventListener('click', () => this.#askNick());
    byId('people-button').addEventListener('click', (event) => this.#togglePeople(event.currentTarget));
    this.#showForm();
  }

  get nick() {
    return this.#nick;
  }

  focus() {
    (this.#nick ? byId('text') : byId('nick')).focus();
  }

  /** Whether messages can be sent; `text` says why not, and since when what is shown is old. */
  setOnline(online, text) {
    this.#online = online;
    const trouble = byId('chat-trouble');
    trouble.hidden = online || !text;
    if (!online && text && trouble.textContent !== text) trouble.textContent = text;
    this.#showSend();
  }

  /** Messages, oldest first: {nick, text, time}. Times are ms since 1970, or NaN. */
  add(messages) {
    const rows = messages.slice(-kKept).map((m) => this.#row(m));
    this.#append(rows);
  }

  /** A line of our own, not of a person: a gap, a reconnection. */
  addNote(text) {
    const row = document.createElement('li');
    row.className = 'message note';
    row.textContent = text;
    this.#append([row]);
  }

  clear() {
    this.#messages.replaceChildren();
    this.#empty.hidden = false;
    this.#newer.hidden = true;
    this.#following = true;
  }

  /** Who is here: `total`, and as many names as are known. */
  setPeople(names, total) {
    const button = byId('people-button');
    button.hidden = total === 0;
    button.textContent = `${count(total)} in chat`;
    const shown = [...names].sort((a, b) => a.localeCompare(b)).slice(0, kPeopleShown);
    byId('people-list').replaceChildren(
      ...shown.map((name) => {
        const item = document.createElement('li');
        item.textContent = name;
        item.dataset.hue = hueOf(name);
        return item;
      }),
    );
    const more = total - shown.length;
    byId('people-more').textContent = more > 0 ? `and ${count(more)} more` : '';
  }

  #row({ nick, text, time }) {
    const row = document.createElement('li');
    row.className = 'message';
    if (!Number.isNaN(time)) {
      const at = document.createElement('time');
      at.dateTime = new Date(time).toISOString();
      at.textContent = new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      row.append(at);
    }
    const name = document.createElement('span');
    name.className = 'nick';
    name.dataset.hue = hueOf(nick);
    name.textContent = nick;
    const body = document.createElement('span');
    body.className = 'text';
    body.textContent = text;
    row.append(name, ' ', body);
    return row;
  }

  #append(rows) {
    if (rows.length === 0) return;
    this.#messages.append(...rows);
    while (this.#messages.childElementCount > kKept) this.#messages.firstElementChild.remove();
    this.#empty.hidden = true;
    if (this.#following) this.#toEnd();
    else this.#newer.hidden = false;
  }

  #toEnd() {
    this.#messages.scrollTop = this.#messages.scrollHeight;
    this.#following = true;
    this.#newer.hidden = true;
  }

  #scrolled() {
    const list = this.#messages;
    this.#following = list.scrollHeight - list.scrollTop - list.clientHeight < kNearEndPx;
    if (this.#following) this.#newer.hidden = true;
  }

  #showForm() {
    this.#nickForm.hidden = this.#nick !== '';
    this.#chatForm.hidden = this.#nick === '';
    byId('rename').textContent = `Chatting as ${this.#nick}`;
    byId('rename').title = 'Choose another name';
    this.#showSend();
  }

  #showSend() {
    byId('send').disabled = !this.#online || this.#busy;
    byId('text').placeholder = this.#online ? 'Say something' : 'The chat is reconnecting';
  }

  #askNick() {
    byId('nick').value = this.#nick;
    this.#nickForm.hidden = false;
    this.#chatForm.hidden = true;
    byId('nick').select();
  }

  async #submitNick(event) {
    event.preventDefault();
    const nick = byId('nick').value.trim().normalize('NFC');
    if (!nick) return;
    try {
      await this.#onNick(nick);
    } catch (error) {
      return this.#note(this.#nickForm, error);
    }
    this.#note(this.#nickForm, null);
    this.#nick = nick;
    storeNick(nick);
    this.#showForm();
    byId('text').focus();
  }

  async #submitText(event) {
    event.preventDefault();
    const input = byId('text');
    const text = input.value.trim();
    if (!text || this.#busy || !this.#online) return;
    this.#busy = true;
    this.#showSend();
    try {
      await this.#onSend(text);
      input.value = '';
      this.#note(this.#chatForm, null);
      this.#toEnd();
    } catch (error) {
      this.#note(this.#chatForm, error); // what was written stays in the box
    }
    this.#busy = false;
    this.#showSend();
  }

  /** Tells of an error under the form, counting down when it says how long to wait. */
  #note(form, error) {
    clearTimeout(this.#noteTimer);
    const place = form.querySelector('[data-note]');
    const until = performance.now() + (error?.retryMs ?? 0);
    const show = () => {
      const left = until - performance.now();
      if (error?.retryMs && left <= 0) return (place.textContent = '');
      place.textContent = error ? (error.retryMs ? `${error.message} Wait ${wait(left)}.` : error.message) : '';
      if (error?.retryMs) this.#noteTimer = setTimeout(show, Math.min(1000, left));
    };
    show();
  }

  #togglePeople(button) {
    const list = byId('people');
    list.hidden = !list.hidden;
    button.setAttribute('aria-expanded', String(!list.hidden));
  }
}
