/**
 * A WebSocket over a radio that is sometimes away. Nothing is lost: TCP sends again, after 0.3 s and then twice as long each
 * time, so that what was sent into a hole comes some time after its end. A new connection is tried after 1, 3, 7, ... s.
 */

const kResendMs = 300;
const kResendAtMostMs = 120_000;
const kSynMs = 1000;
const kServerPatienceMs = 60_000; // the server closes who has been silent for so long

export class Link {
  readyState = 0;
  onopen = null;
  onmessage = null;
  onclose = null;
  #world;
  #client;
  #radio;
  #up = 0;
  #down = 0;
  #heardAt;

  /**
   * `radio`: away(time), whether there is no network then; oneWay(), ms; passed(time, text, up), told of each message that went
   * over the air; patienceMs, of the server with its silence. `client`: its number with the hub.
   */
  constructor(world, client, radio) {
    this.#world = world;
    this.#client = client;
    this.#radio = radio;
    const { time } = world.scheduler;
    world.scheduler.after(this.#arrival(time, kSynMs) + radio.oneWay() - time, () => this.#connected());
  }

  send(text) {
    if (this.readyState !== 1) return;
    this.#up = this.#pass(text, this.#up, true, () => this.#reached(text));
  }

  /** The client is done with it. What it sent before still comes through. */
  close() {
    if (this.readyState >= 2) return;
    const wasOpen = this.readyState === 1;
    this.readyState = 3;
    if (wasOpen) this.#up = this.#pass('', this.#up, true, () => this.#world.gone(this.#client));
  }

  /** The server says something. */
  deliver(text) {
    this.#down = this.#pass(text, this.#down, false, () => this.readyState === 1 && this.onmessage({ data: text }));
  }

  /** The server lets it go. */
  drop(code) {
    this.#world.gone(this.#client);
    this.#down = this.#pass('', this.#down, false, () => this.#end(code));
  }

  #connected() {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.#heardAt = this.#world.scheduler.time;
    this.#world.came(this.#client, this);
    this.#watchSilence();
    this.onopen({});
  }

  #reached(text) {
    this.#heardAt = this.#world.scheduler.time;
    this.#world.say(this.#client, text);
  }

  #watchSilence() {
    const { scheduler } = this.#world;
    const patience = this.#radio.patienceMs ?? kServerPatienceMs;
    scheduler.after(this.#heardAt + patience - scheduler.time, () => {
      if (!this.#world.has(this.#client)) return;
      if (scheduler.time - this.#heardAt >= patience) this.drop(4002);
      else this.#watchSilence();
    });
  }

  /** Sends behind what was sent before; gives when it comes. */
  #pass(text, behind, up, done) {
    const { scheduler } = this.#world;
    const sent = this.#arrival(scheduler.time, kResendMs);
    this.#radio.passed?.(sent, text, up);
    const at = Math.max(behind, sent + this.#radio.oneWay());
    scheduler.after(at - scheduler.time, done);
    return at;
  }

  /** When a packet gets through that is sent at `time` and again while the network is away. */
  #arrival(time, first) {
    for (let wait = first; this.#radio.away(time); wait = Math.min(2 * wait, kResendAtMostMs)) time += wait;
    return time;
  }

  #end(code) {
    if (this.readyState >= 2) return;
    this.readyState = 3;
    this.onclose({ code, reason: '' });
  }
}
