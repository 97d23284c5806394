/** Virtual time for thousands of runs: a heap of what is due, and random numbers from a seed. */

/** mulberry32: the same seed, the same numbers. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Scheduler {
  time = 0;
  #heap = [];
  #count = 0;

  /** Calls `f` in `ms`; gives what `cancel` takes. Of two at one time the earlier call comes first. */
  after(ms, f) {
    const event = { at: this.time + Math.max(0, ms), order: this.#count++, f };
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(event, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = event;
    return event;
  }

  cancel(event) {
    if (event) event.f = null;
  }

  every(ms, f) {
    this.after(ms, () => {
      f();
      this.every(ms, f);
    });
  }

  /** Runs what is due until `end`; after each event `settled` is awaited: promises settle. */
  async run(end, settled = settle) {
    while (this.#heap.length && this.#heap[0].at <= end) {
      const { at, f } = this.#pop();
      if (!f) continue;
      this.time = at;
      f();
      await settled();
    }
    this.time = end;
  }

  #pop() {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (!isBefore(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

async function settle() {
  for (let i = 0; i < 4; i++) await null;
}

function isBefore(a, b) {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
