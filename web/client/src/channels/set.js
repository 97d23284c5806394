import { Channel } from './channel.js';

/** Who is here. "change" when that changed. */
export class SetChannel extends Channel {
  #members = new Map();
  #total = 0;
  #partial = false;

  /** Id to info. Holds fewer than `total` when they are many. */
  get members() {
    return this.#members;
  }

  get total() {
    return this.#total;
  }

  /** Only those that this server knows itself: the bus between the servers is away. */
  get partial() {
    return this.#partial;
  }

  sync({ e, o, n, m, partial }) {
    this.epoch = e;
    this.offset = o;
    this.#members = new Map(m ?? []);
    this.inSync();
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
    this.#total = total ?? this.#members.size;
    this.#partial = partial === true;
    this.emit('change', this);
  }
}
