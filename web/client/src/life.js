/**
 * Whether the server is freshly heard. A message counts as fresh only if it was sent within `lagMs` of now: what a
 * stalled path delivers late proves nothing about the present. What was live is vouched for until 2.5 heartbeats after
 * the last fresh message, and no value that is shown as live can be superseded for longer than that plus `lagMs`.
 */

const kStaleAfter = 2.5; // heartbeats
const kDeadAfter = 5;
const kBackgroundBeats = 5;
const kClockJumpMs = 2000; // the wall clock ran ahead of ours by this: ours stood still while the device slept
const kLateTickMs = 2000; // a timer of ours came this late: so did everything else

export class Life {
  /** "normal" or "background". */
  pace = 'normal';

  #env;
  #clock;
  #lagMs;
  #usual = 15_000; // ms between the server's heartbeats, where no channel asks for more
  #heartbeat = 15_000;
  #beats = 0;
  #count = 0;
  #open = false;
  #freshAt = -Infinity;
  #heardAt = 0;
  #pingedAt = 0;
  #answerBy = Infinity;
  #tickBy = Infinity;
  #apart; // wall clock - our clock

  constructor(env, clock, { lagMs = 1500 } = {}) {
    this.#env = env;
    this.#clock = clock;
    this.#lagMs = lagMs;
    this.#apart = env.wall() - env.now();
  }

  /** Whether there is a connection on which the server has said hello. */
  get open() {
    return this.#open;
  }

  /** How many messages came that tell when they were sent. */
  get count() {
    return this.#count;
  }

  begin(hello, now) {
    this.#open = true;
    this.#usual = hello.hb ?? this.#usual;
    this.#heartbeat = this.#usual;
    this.heard(now);
    this.dated(hello.now, now);
  }

  /** The heartbeats that channels asked for come beside the connection's own. */
  expectBeats(channels) {
    this.#heartbeat = Math.min(this.#usual, ...channels);
  }

  lost() {
    this.#open = false;
    this.#freshAt = -Infinity;
    this.#answerBy = Infinity;
  }

  /** Any message came: the connection is not dead. */
  heard(now) {
    this.#heardAt = now;
    this.#answerBy = Infinity;
  }

  /** A heartbeat or an answer was sent at the server's `time`. Other messages tell when something arose, not when they went. */
  dated(time, now) {
    if (!Number.isFinite(time)) return;
    this.#count += 1;
    this.#clock.heard(time, now);
    if (this.#clock.latest(now) - time <= this.#lagMs) this.#freshAt = now;
  }

  /** Whether this heartbeat is one to answer with a ping: each of them, or a few while nobody sees the page. */
  beatCounts() {
    this.#beats += 1;
    return this.pace === 'normal' || this.#beats % kBackgroundBeats === 0;
  }

  /** Whether what this connection brought up to date may be vouched for at `now`. */
  fresh(now) {
    return this.#open && now - this.#freshAt <= kStaleAfter * this.#heartbeat && !this.#jumped(now);
  }

  /** Nothing at all was heard for too long, or an answer that was demanded has not come. */
  dead(now) {
    return now - this.#heardAt >= kDeadAfter * this.#heartbeat || now >= this.#answerBy;
  }

  /** Something must be heard by then. */
  demand(by) {
    this.#answerBy = Math.min(this.#answerBy, by);
  }

  pinged(now) {
    this.#pingedAt = now;
  }

  /** While stale the server is asked again and again; while all is well the heartbeats give the time to ask. */
  pingDue(now) {
    return !this.fresh(now) && now - this.#pingedAt >= Math.min(this.#heartbeat, 5000);
  }

  expectTick(at) {
    this.#tickBy = at;
  }

  /** Whether the device slept since this was last asked: timers came late, or one of the clocks stood still. */
  slept(now) {
    const jumped = this.#jumped(now);
    this.#apart = this.#env.wall() - now;
    // Browsers run the timers of pages that nobody sees a minute late; that alone means nothing there.
    return jumped || (this.pace === 'normal' && now - this.#tickBy > kLateTickMs);
  }

  distrust(now) {
    this.#clock.forget(now);
    this.#freshAt = -Infinity;
  }

  #jumped(now) {
    return Math.abs(this.#env.wall() - now - this.#apart) > kClockJumpMs;
  }
}
