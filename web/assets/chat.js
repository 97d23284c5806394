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

/** A minute is written once, with its first message. */
function markMinute(row) {
  const minute = (one) => one?.querySelector('time')?.textContent;
  row?.classList.toggle('same-minute', minute(row) === minute(row.previousElementSibling));
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
  #connection = { live: false, closed: false };
  #rows = new Map(); // element -> {o, u}

  /**
   * `onNick(nick)` and `onSend(text)` return promises; a rejection carries what to tell: `message`, and `retryMs` when
   * it may be tried again after a time.
   */
  onNick = async () => {};
  onSend = async () => {};
  /** `onActions({element, o, u})`: a moderator pressed a message's button. */
  onActions = () => {};

  constructor() {
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

  /** Whether the chat is up to date, or closed for good; `text` says why it is not. What is written meanwhile waits. */
  setConnection({ live, closed, text }) {
    this.#connection = { live, closed };
    const trouble = byId('chat-trouble');
    trouble.hidden = live || !text;
    if (!live && text && trouble.textContent !== text) trouble.textContent = text;
    this.#messages.classList.toggle('stale', !live && this.#messages.childElementCount > 0);
    this.#showSend();
  }

  /** Shows a message of ours until it has its place in the chat, and what becomes of it. */
  trackOutgoing(message, text) {
    const row = document.createElement('li');
    const words = document.createElement('span');
    const state = document.createElement('span');
    row.className = 'outgoing-message';
    state.className = 'outgoing-state';
    words.textContent = text;
    row.append(words, ' ', state);
    const show = () => {
      row.dataset.state = message.state;
      state.textContent = message.state === 'sending' ? 'Sending' : 'Not sent yet';
      if (message.state === 'sent' || message.state === 'refused') row.remove();
    };
    message.on('state', show);
    show();
    if (message.state === 'unsent' || message.state === 'sending') byId('outgoing').append(row);
  }

  /** Takes back the messages of which `isGone({o, u})`. */
  remove(isGone) {
    for (const [element, row] of this.#rows) {
      if (!isGone(row)) continue;
      const next = element.nextElementSibling;
      element.remove();
      markMinute(next);
      this.#rows.delete(element);
    }
    this.#empty.hidden = this.#messages.childElementCount > 0;
  }

  /** Messages, oldest first: {o, u, nick, role, text, time}. Times are ms since 1970, or NaN. */
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
    this.#rows.clear();
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

  #row({ o, u, nick, role, text, time }) {
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
    if (role === 'moderator' || role === 'streamer') {
      const badge = document.createElement('span');
      badge.className = 'role';
      badge.textContent = role === 'streamer' ? 'Host' : 'Mod';
      row.append(badge);
    }
    row.append(name, ' ', body, this.#actionsButton(row, { o, u }, nick));
    this.#rows.set(row, { o, u });
    return row;
  }

  #actionsButton(element, { o, u }, nick) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'moderate';
    button.textContent = '⋯';
    button.setAttribute('aria-label', `Moderate this message of ${nick}`);
    button.addEventListener('click', () => this.onActions({ element, o, u }));
    return button;
  }

  #append(rows) {
    if (rows.length === 0) return;
    this.#messages.append(...rows);
    rows.forEach(markMinute);
    while (this.#messages.childElementCount > kKept) {
      this.#rows.delete(this.#messages.firstElementChild);
      this.#messages.firstElementChild.remove();
    }
    markMinute(this.#messages.firstElementChild);
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
    const { live, closed } = this.#connection;
    byId('send').disabled = closed;
    byId('text').placeholder = live ? 'Say something' : closed ? 'The chat is closed' : 'Goes out when the chat is back';
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
      await this.onNick(nick);
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
    if (!text || this.#connection.closed) return;
    input.value = '';
    this.#note(this.#chatForm, null);
    this.#toEnd();
    try {
      await this.onSend(text);
    } catch (error) {
      // What was refused goes back into the box, unless the next thing is being written there.
      if (!input.value) input.value = text;
      else this.addNote(`Not sent: ${text}`);
      this.#note(this.#chatForm, error);
    }
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
