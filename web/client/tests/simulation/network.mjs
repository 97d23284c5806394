/** A network that keeps what TCP promises, bytes in order or none, and nothing more: it is slow, stalls, and dies without a word. */

/** One direction. */
class Pipe {
  #world;
  #last = 0;
  #deliver;
  #lag = 0;
  #lagUntil = 0;
  cut = false;

  constructor(world, deliver) {
    this.#world = world;
    this.#deliver = deliver;
  }

  send(text) {
    if (this.cut) return;
    const { scheduler } = this.#world;
    const late = scheduler.time < this.#lagUntil ? this.#lag : 0;
    this.#last = Math.max(this.#last, scheduler.time + this.#world.latency() + late);
    scheduler.after(this.#last - scheduler.time, () => this.cut || this.#deliver(text));
  }

  /** Nothing comes through for `ms`; then all of it does. */
  stall(ms) {
    this.#last = Math.max(this.#last, this.#world.scheduler.time + ms);
  }

  /** All comes, but `ms` late, for a while: a full buffer somewhere on the way. */
  lag(ms, during) {
    this.#lag = ms;
    this.#lagUntil = this.#world.scheduler.time + during;
  }
}

/** A WebSocket between a client and the server of the world. */
export class Link {
  readyState = 0;
  peer = null; // the server's side: {message(object), gone()}
  onopen = null;
  onmessage = null;
  onclose = null;

  constructor(world) {
    this.world = world;
    this.up = new Pipe(world, (text) => this.peer?.message(JSON.parse(text)));
    this.down = new Pipe(world, (text) => this.readyState === 1 && this.onmessage({ data: text }));
    world.links.add(this);
    world.scheduler.after(2 * world.latency(), () => this.#connected());
  }

  #connected() {
    if (this.readyState !== 0 || this.up.cut) return;
    if (!this.world.server.up) return this.#end(1006);
    this.readyState = 1;
    this.peer = this.world.server.accept(this);
    this.onopen({});
  }

  send(text) {
    if (this.readyState === 1) this.up.send(text);
  }

  /** The client is done with it: what it sent before still comes through. */
  close() {
    this.readyState = 3;
    this.world.links.delete(this);
    const { peer } = this;
    this.world.scheduler.after(20_000, () => peer?.gone());
  }

  // ---- what befalls it

  /** Both sides learn of the end, each in its time. */
  reset() {
    const { scheduler } = this.world;
    this.up.cut = true;
    this.down.cut = true;
    scheduler.after(this.world.latency(), () => this.peer?.gone());
    scheduler.after(this.world.latency(), () => this.#end(1006));
  }

  /** The path is gone, and nobody is told. */
  halfOpen() {
    this.up.cut = true;
    this.down.cut = true;
  }

  stall(ms) {
    this.up.stall(ms);
    this.down.stall(ms);
  }

  stallDown(ms) {
    this.down.stall(ms);
  }

  lagDown(ms, during) {
    this.down.lag(ms, during);
  }

  #end(code) {
    if (this.readyState >= 2) return;
    this.readyState = 3;
    this.world.links.delete(this);
    this.onclose({ code, reason: '' });
  }
}
