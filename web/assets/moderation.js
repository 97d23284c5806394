/** What a moderator can do, shown to those whose token says that they are one; and what everyone sees of it. */
import { explain } from './refusals.js';
import { wait } from './text.js';

const byId = (id) => document.getElementById(id);
const kModerators = new Set(['moderator', 'streamer']);
const kTimeoutS = 600;

const kWho = { all: 'everyone', users: 'people who are signed in', followers: 'followers', moderators: 'moderators' };

/** What an action is called in the chat; nothing for those that need no words. */
const kNotes = {
  timeout: ({ u, s, by }) => `${by} timed ${u} out for ${wait(s * 1000)}.`,
  ban: ({ u, by }) => `${by} banned ${u}.`,
  unban: ({ u, by }) => `${by} let ${u} back in.`,
  slow: ({ s, by }) => (s ? `${by} set slow mode: one message in ${wait(s * 1000)}.` : `${by} ended slow mode.`),
  only: ({ who, by }) => `${by} opened the chat to ${kWho[who] ?? who}.`,
  clear: ({ by }) => `${by} cleared the chat.`,
};

export class ModerationView {
  #rt;
  #log;
  #chat;

  constructor(rt, log, chat) {
    this.#rt = rt;
    this.#log = log;
    this.#chat = chat;
    chat.onActions = (row) => this.#toggleActions(row);
    log.on('rules', () => this.#showRules());
    byId('rules-button').addEventListener('click', (event) => {
      byId('rules').hidden = !byId('rules').hidden;
      event.currentTarget.setAttribute('aria-expanded', String(!byId('rules').hidden));
    });
    byId('slow').addEventListener('change', (event) => this.#do({ do: 'slow', s: Number(event.target.value) }));
    byId('only').addEventListener('change', (event) => this.#do({ do: 'only', who: event.target.value }));
    byId('clear').addEventListener('click', () => this.#do({ do: 'clear' }));
  }

  get #isModerator() {
    return kModerators.has(this.#rt.me?.role);
  }

  show() {
    byId('rules-button').hidden = !this.#isModerator;
    byId('watch').classList.toggle('moderating', this.#isModerator);
    if (!this.#isModerator) byId('rules').hidden = true;
  }

  /** An action that is in the log: everyone takes back what it takes back. */
  tookPlace(d) {
    if (d.mod === 'delete') this.#chat.remove((row) => row.o === d.o);
    if (d.mod === 'timeout' || d.mod === 'ban') this.#chat.remove((row) => row.u === d.u);
    if (d.mod === 'clear') this.#chat.clear();
    const note = kNotes[d.mod]?.(d);
    if (note) this.#chat.addNote(note);
  }

  #showRules() {
    const { slow = 0, only = 'all' } = this.#log.rules;
    const choice = byId('slow');
    if (![...choice.options].some((option) => Number(option.value) === slow))
      choice.append(new Option(wait(slow * 1000), slow));
    choice.value = String(slow);
    byId('only').value = only;
    byId('chat-rule').hidden = !slow && only === 'all';
    byId('chat-rule').textContent = [
      slow ? `Slow mode: one message in ${wait(slow * 1000)}` : '',
      only === 'all' ? '' : `Open to ${kWho[only] ?? only}`,
    ]
      .filter(Boolean)
      .join('. ');
  }

  #toggleActions({ element, o, u }) {
    const open = element.querySelector('.actions');
    if (open) return open.remove();
    const actions = document.createElement('span');
    actions.className = 'actions';
    const add = (text, action) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'action';
      button.textContent = text;
      button.addEventListener('click', () => {
        actions.remove();
        this.#do(action);
      });
      actions.append(button);
    };
    add('Delete', { do: 'delete', o });
    if (u) {
      add('Time out 10 min', { do: 'timeout', u, s: kTimeoutS });
      add('Ban', { do: 'ban', u });
    }
    element.append(actions);
  }

  async #do(action) {
    try {
      await this.#log.moderate(action);
    } catch (error) {
      this.#chat.addNote(`Not done: ${explain(error).message}`);
      this.#showRules();
    }
  }
}
