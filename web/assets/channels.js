/**
 * What a client holds of a channel, by kind. Fed with what the server sends; asks to be subscribed anew when something
 * was missed. `live` is false whenever what is held can't be vouched for.
 */

class Channel {
  live = false;
  denied = false;
  epoch = null;
  offset = null; // of the last frame that was taken

  #resubscribe;
  #synced = false;
  #heard = true;

  constructor(name, handlers, resubscribe) {
    this.name = name;
    this.handlers = handlers;
    this.#resubscribe = resubscribe;
  }

  /** What to ask for on a new connection. */
  subscription() {
    return { ch: this.name };
  }

  /** All that the last sync promised has come. */
  get caughtUp() {
    return this.live;
  }

  /** The connection is gone; what is held waits for the next one. */
  lost() {
    this.#set(false, true);
  }

  /** Whether the server is heard on the connection that we have. */
  heard(heard) {
    this.#set(this.#synced, heard);
  }

  deny() {
    this.denied = true;
    this.#set(false, this.#heard);
  }

  gap() {}

  /** The server has brought the channel up to date. */
  synced() {
    this.denied = false;
    this.#set(true, true);
  }

  /** Something is missing between what is held and what has come. */
  missed() {
    if (!this.#synced) return;
    this.#set(false, this.#heard);
    this.#resubscribe();
  }

  #set(synced, heard) {
    this.#synced = synced;
    this.#heard = heard;
    const live = synced && heard;
    if (live === this.live) return;
    this.live = live;
    this.handlers.live?.(live);
  }
}

/** handlers: reset(), message({d, o, t}), gap(), live(bool). Every message is given once, in order. */
class LogChannel extends Channel {
  #top = 0;
  #begun = false;

  subscription() {
    return this.offset === null ? { ch: this.name } : { ch: this.name, pos: { e: this.epoch, o: this.offset } };
  }

  get caughtUp() {
    return this.live && this.#begun && this.offset >= this.#top;
  }

  sync({ e, o, recovered }) {
    const goesOn = recovered && e === this.epoch && this.offset !== null;
    this.epoch = e;
    this.#top = o;
    if (!goesOn) {
      // Until the first message is here there is no position to come back to, unless there is nothing at all.
      this.offset = o === 0 ? 0 : null;
      this.handlers.reset?.();
    }
    this.#begun = this.offset !== null;
    this.synced();
  }

  frame({ o, d, t }) {
    if (this.epoch === null || !Number.isInteger(o)) return;
    if (this.#begun) {
      if (o <= this.offset) return;
      if (o !== this.offset + 1) return this.missed();
    }
    this.offset = o;
    this.#begun = true;
    this.handlers.message?.({ d, o, t });
  }

  gap({ o }) {
    if (this.offset !== null && o <= this.offset) return;
    this.offset = o;
    this.#begun = true;
    this.handlers.gap?.();
  }
}

/** handlers: value({d, t, partial}), live(bool). Only ever newer values. */
class ValueChannel extends Channel {
  sync({ e, o, d, t, partial }) {
    this.epoch = e;
    this.offset = o;
    this.synced();
    if (d !== undefined) this.handlers.value?.({ d, t, partial: partial === true });
  }

  frame({ o, d, t, partial }) {
    if (this.epoch === null || o <= this.offset) return;
    this.offset = o;
    this.handlers.value?.({ d, t, partial: partial === true });
  }
}

/** handlers: members(map of id to info, total, partial), live(bool). The map holds fewer than `total` when they are many. */
class SetChannel extends Channel {
  #members = new Map();

  sync({ e, o, n, m, partial }) {
    this.epoch = e;
    this.offset = o;
    this.#members = new Map(m ?? []);
    this.synced();
    this.#tell(n, partial);
  }

  frame({ o, p, n, partial, '+': joined, '-': left }) {
    if (this.epoch === null || o <= this.offset) return;
    if (p !== undefined && p !== this.offset) return this.missed();
    this.offset = o;
    for (const id of left ?? []) this.#members.delete(id);
    for (const [id, info] of joined ?? []) this.#members.set(id, info);
    this.#tell(n, partial);
  }

  #tell(total, partial) {
    this.handlers.members?.(this.#members, total ?? this.#members.size, partial === true);
  }
}

const kKinds = { chat: LogChannel, count: ValueChannel, status: ValueChannel, presence: SetChannel };

export function makeChannel(name, handlers, resubscribe) {
  const Kind = kKinds[name.split(':', 1)[0]];
  if (!Kind) throw new TypeError(`no such kind of channel: ${name}`);
  return new Kind(name, handlers, resubscribe);
}
