/** Joins the realtime channels of a show with what is drawn of them: chat, people, viewers, moderation. */
import { ModerationView } from './moderation.js';
import { explain } from './refusals.js';
import { count, wait } from './text.js';

const byId = (id) => document.getElementById(id);

export class Conversation {
  #rt;
  #view;
  #log;
  #viewers;
  #people;
  #moderation;
  #hasLog = false;

  constructor(rt, name, view) {
    this.#rt = rt;
    this.#view = view;
    this.#log = rt.channel(`chat:${name}`);
    this.#viewers = rt.channel(`count:${name}`);
    this.#people = rt.channel(`presence:${name}`);
    this.#moderation = new ModerationView(rt, this.#log, view);
    view.onNick = (nick) => rt.setNick(nick).catch((error) => Promise.reject(explain(error)));
    view.onSend = (text) => this.#say(text);
    this.#listen();
    setInterval(() => this.show(), 500);
  }

  #listen() {
    this.#log.on('reset', () => {
      this.#view.clear();
      if (this.#hasLog) this.#view.addNote('Some messages were missed while reconnecting.');
      this.#hasLog = true;
    });
    this.#log.on('message', (message) => this.#read(message));
    this.#log.on('gap', () =>
      this.#view.addNote('The chat was too fast for this connection; some messages are missing here.'),
    );
    this.#viewers.on('change', (reading) => {
      const { n } = reading.value ?? reading.last ?? {};
      byId('viewers').hidden = !Number.isFinite(n);
      byId('viewer-count').textContent = count(n ?? 0);
    });
    this.#people.on('change', ({ members, total }) => {
      const names = [...members.values()].map((m) => String(m?.nick || 'Guest'));
      this.#view.setPeople(names, total);
    });
    this.#rt.on('state', () => this.show());
    this.#rt.on('refused', (error) => this.#view.addNote(explain(error).message));
    for (const channel of [this.#log, this.#viewers, this.#people]) channel.on('state', () => this.show());
  }

  #read({ o, t, d }) {
    if (d?.mod) this.#moderation.tookPlace(d);
    else if (typeof d?.text === 'string')
      this.#view.add([
        { o, u: d.u, nick: String(d.nick ?? 'someone'), role: d.role, text: d.text, time: Number(t ?? NaN) },
      ]);
  }

  #say(text) {
    const message = this.#log.send(text);
    this.#view.trackOutgoing(message, text);
    return message.done.catch((error) => Promise.reject(explain(error)));
  }

  /** What there is to say about the connection, and whether what is shown may be old. */
  show() {
    byId('viewers').classList.toggle('stale', !this.#viewers.live);
    byId('people-button').classList.toggle('stale', !this.#people.live);
    this.#moderation.show();
    this.#view.setConnection({ live: this.#log.live, closed: this.#rt.state === 'failed', text: this.#trouble() });
  }

  #trouble() {
    const { state, retryAt } = this.#rt;
    const left = retryAt === null ? 0 : retryAt - performance.now();
    if (state === 'failed') return 'The chat is closed.';
    if (this.#log.denied) return 'This chat is not available.';
    if (state === 'stale') return 'The server is silent; what you see may be old.';
    if (state === 'suspended') return 'This device is offline. The chat goes on by itself.';
    if (state === 'backoff' && left > 1500) return `Chat reconnecting in ${wait(left)}.`;
    return this.#hasLog && !this.#log.live ? 'Chat reconnecting.' : '';
  }
}
