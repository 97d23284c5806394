/** Events as plain calls: no DOM needed, and a listener gets what happened as its arguments. */
export class Emitter {
  #listeners = new Map();

  /** Calls `listener` on every `name` event from now on. Gives the function that ends this. */
  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    return () => this.#listeners.get(name).delete(listener);
  }

  /** Calls those who listen. One that throws is told to the console; it harms neither the others nor the connection. */
  emit(name, ...details) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(...details);
      } catch (error) {
        console.error(error);
      }
    }
  }
}
