/**
 * One device on its trace, the server and who watches: the device runs the client library's own reporter and connection, the
 * server is the real engine (hub.mjs), and what is shown is what the library's track channel says. Only the radio, the
 * receiver and time are made.
 */
import { Device } from '../../web/client/src/channels/track.js';
import { Realtime, TrackReporter } from '../../web/client/src/index.js';
import { Scheduler, seeded } from '../../web/client/tests/simulation/scheduler.mjs';
import { Radio } from './battery.mjs';
import { Hub, kWallMs } from './hub.mjs';
import { Link } from './link.mjs';
import { Measures } from './measures.mjs';
import { RuleReporter } from './rules.mjs';

const kLeadMs = 5000; // the device is switched on before its trace begins
const kFixMs = 100; // from the moment a fix is of to the moment the program is told
const kAwakeMs = 11_576; // of a radio after a message
const kWakingMs = 260;
const kToldMs = 2000; // until a phone says that its network is gone or back
const kDevice = 'd1';
const kHeartbeatMs = 120_000; // a device only reports: what it hears in between costs its battery
const kCheckpointRadius = 20;

export class World {
  scheduler = new Scheduler();
  #trace;
  #random;
  #hub;
  #asked = Promise.resolve();
  #asking = 0;
  #tick = null;
  #tickAt = Infinity;
  #clients = new Map();
  #count = 0;
  #measures;
  #shown; // () -> the device as it is shown
  #onFix = () => {};
  #online = true;
  #surroundingsChanged = () => {};
  #heard = -Infinity; // when the device's radio last carried something
  #radios = { all: new Radio(), reports: new Radio() };

  /**
   * `rule`: one of rules.mjs, or null for the library's own reporter. `rates`: of the server, as levee-hub takes them. `each`:
   * see Measures.
   */
  constructor(trace, { rule = null, watched = true, rates = [], each } = {}) {
    this.#trace = trace;
    this.#random = seeded(trace.seed * 7919 + trace.seconds.length);
    const checkpoints = trace.checkpoints.map(({ lat, lon }, i) => `checkpoint=g,c${i},${lat},${lon},${kCheckpointRadius}`);
    this.#hub = new Hub([...checkpoints, ...rates]);
    this.#measures = new Measures(trace, kLeadMs, each);
    this.#shown = watched ? this.#watch() : this.#look();
    this.#switchOn(rule);
  }

  /** Gives what was measured. */
  async run() {
    const { seconds } = this.#trace;
    try {
      seconds.forEach((second, i) => this.#plan(second, i));
      await this.scheduler.run(kLeadMs + 1000 * seconds.length, () => this.#settled());
    } finally {
      this.#hub.end();
    }
    return this.#measures.result(this.#radios);
  }

  // ---- the device

  #switchOn(rule) {
    const { skewMs } = this.#trace;
    const radio = {
      away: (time) => this.#isAway(time),
      oneWay: () => this.#oneWay(),
      patienceMs: 4 * kHeartbeatMs,
      passed: (time, text, up) => this.#passed(time, text, up),
    };
    const env = { ...this.#environment(radio), wall: () => kWallMs + this.scheduler.time + skewMs };
    const rt = new Realtime('device', { env, heartbeatMs: kHeartbeatMs });
    const locator = {
      watch: (onFix) => {
        this.#onFix = onFix;
        return () => {};
      },
    };
    const options = { group: 'g', device: kDevice, locator, env };
    const reporter = rule ? new RuleReporter(rt, options, rule) : new TrackReporter(rt, options);
    reporter.on('report', (report) => this.#measures.reported(report, report.t - kWallMs - skewMs, this.scheduler.time));
    rt.connect();
    reporter.start();
  }

  #plan({ fix, network }, i) {
    const { seconds, skewMs } = this.#trace;
    const start = kLeadMs + 1000 * i;
    const t = kWallMs + start + skewMs;
    if (fix) this.scheduler.after(start + kFixMs, () => this.#onFix({ ...fix, t }));
    this.scheduler.after(start + Math.floor(1000 * this.#random()), () => this.#measures.look(this.#shown(), this.scheduler.time));
    const before = seconds[i - 1]?.network ?? true;
    // Phones notice half of the time.
    if (network !== before && this.#random() < 0.5) this.scheduler.after(start + kToldMs, () => this.#tellNetwork(network));
    if (network && !before) this.scheduler.after(start + kToldMs, () => this.#online || this.#tellNetwork(true));
  }

  #tellNetwork(online) {
    this.#online = online;
    this.#surroundingsChanged();
  }

  #isAway(time) {
    return this.#trace.seconds[Math.floor((time - kLeadMs) / 1000)]?.network === false;
  }

  #oneWay() {
    const waking = this.scheduler.time - this.#heard > kAwakeMs ? kWakingMs : 0;
    return Math.round(40 + 80 * this.#random()) + waking;
  }

  #passed(time, text, up) {
    this.#heard = Math.max(this.#heard, time);
    this.#radios.all.passed(time);
    const isReport = up ? text.includes('"op":"loc"') : text.includes('"ack":');
    if (isReport) this.#radios.reports.passed(time);
  }

  // ---- who watches

  /** A viewer with a good connection. */
  #watch() {
    const env = this.#environment({ away: () => false, oneWay: () => 25 });
    const rt = new Realtime('viewer', { env });
    const channel = rt.channel('track:g');
    rt.connect();
    return () => channel.device(kDevice);
  }

  /** Nobody subscribes; what is shown is what somebody would see who looked at that moment. */
  #look() {
    const now = () => this.scheduler.time;
    const clock = { likely: (at) => kWallMs + at, latest: (at) => kWallMs + at };
    const device = new Device(kDevice, { state: 'live', context: { env: { now }, clock, life: { open: true } } });
    this.#listen = ({ op, b, r, bf, now: sent }) => {
      if (op !== 'loc' || bf) return;
      const { s, t, nx = 0, ...d } = r[0];
      const wall = kWallMs + now();
      device.take({ q: [b, s], t: Math.min(sent === undefined ? t : wall - (sent - t), wall), ttl: nx, d }, now());
    };
    return () => device;
  }

  #listen = null;

  // ---- between them

  #environment(radio) {
    const { scheduler } = this;
    return {
      socket: () => new Link(this, ++this.#count, radio),
      now: () => scheduler.time,
      wall: () => kWallMs + scheduler.time,
      setTimeout: (f, ms) => scheduler.after(Math.ceil(ms), f),
      clearTimeout: (event) => scheduler.cancel(event),
      random: this.#random,
      online: () => this.#online,
      visible: () => true,
      watch: (changed) => {
        if (radio.passed) this.#surroundingsChanged = changed;
        return () => {};
      },
    };
  }

  came(client, link) {
    this.#clients.set(client, link);
    this.#ask('open', client);
  }

  has(client) {
    return this.#clients.has(client);
  }

  say(client, text) {
    this.#listen?.(JSON.parse(text));
    this.#ask('text', client, text);
  }

  gone(client) {
    if (this.#clients.delete(client)) this.#ask('close', client);
  }

  #ask(...words) {
    const { time } = this.scheduler;
    this.#asking += 1;
    this.#asked = this.#asked.then(() => this.#hub.ask(time, ...words)).then((answer) => this.#answered(answer));
  }

  #answered({ said, due }) {
    this.#asking -= 1;
    for (const [client, text] of said) {
      const link = this.#clients.get(client);
      if (text.startsWith('close ')) link?.drop(Number(text.slice(6)));
      else link?.deliver(text);
    }
    if (due >= this.#tickAt && this.#tickAt > this.scheduler.time) return;
    this.scheduler.cancel(this.#tick);
    this.#tickAt = Math.max(due, this.scheduler.time + 1);
    this.#tick = this.scheduler.after(this.#tickAt - this.scheduler.time, () => this.#ask('tick'));
  }

  async #settled() {
    do {
      await this.#asked;
      for (let i = 0; i < 12; i++) await null;
    } while (this.#asking > 0);
  }
}
