import assert from 'node:assert/strict';
import test from 'node:test';

import { TrackReporter } from '../src/index.js';
import { eventOf, intervalOf, kDefaultRate } from '../src/law.js';
import { VirtualTime } from '../../tests/virtual_time.mjs';

const kNorth = 1 / 111_195; // degrees a metre

/** A device on a road to the north, and a server that keeps what it is told. */
function setUp({ battery, answer = {}, storage = null } = {}) {
  const time = new VirtualTime();
  const env = { now: time.now, wall: time.wall, setTimeout: time.setTimeout, clearTimeout: time.clearTimeout };
  const listeners = [];
  const rt = {
    state: 'live',
    serverClock: { now: NaN, error: Infinity },
    messages: [],
    on: (_, f) => listeners.push(f) && (() => {}),
    async request(message) {
      rt.messages.push(message);
      if (rt.fault) throw rt.fault;
      return { ack: message.r[0].s, ...answer };
    },
    enter(state) {
      rt.state = state;
      for (const f of listeners) f(state);
    },
  };
  let onFix;
  const locator = {
    watch: (f) => {
      onFix = f;
      return () => {};
    },
  };
  const reporter = new TrackReporter(rt, { group: 'g', device: 'v1', locator, battery, storage, env });
  const reports = [];
  reporter.on('report', (report, why) => reports.push({ ...report, why, at: time.now() }));
  reporter.start();
  let lat = 59;
  /** Drives for a while, a fix a second. */
  const drive = async (seconds, spd, hdg = 0) => {
    for (let i = 0; i < seconds; i++) {
      lat += spd * kNorth;
      onFix({ lat, lon: 18, t: time.wall(), acc: 5, spd, hdg });
      await time.pass(1000);
    }
  };
  return { time, rt, reporter, reports, drive };
}

test('it reports by distance while it moves, and promises that, with 2 s for the way', async () => {
  const { reports, drive } = setUp();
  await drive(60, 10);
  assert.deepEqual([reports[0].why, reports[0].nx, reports[0].m], ['first', 4000, 'moving']);
  assert.ok(reports.length >= 29 && reports.length <= 31, `${reports.length}`);
});

test('every promise is kept: also without a new fix', async () => {
  const { reports, drive, time } = setUp();
  await drive(10, 8);
  await time.pass(60_000); // a tunnel
  await drive(20, 8);
  for (let i = 1; i < reports.length; i++) {
    const waited = reports[i].at - reports[i - 1].at;
    assert.ok(waited <= reports[i - 1].nx, `report ${i} came after ${waited} ms, promised ${reports[i - 1].nx}`);
  }
});

test('one that parks says so once, then rarely, and its first motion comes at once', async () => {
  const { reports, drive } = setUp();
  await drive(20, 10);
  const before = reports.length;
  await drive(600, 0);
  const parked = reports.slice(before).filter(({ m }) => m === 'parked');
  assert.ok(parked.length >= 2 && parked.length <= 4, `${parked.length}`);
  assert.equal(parked[0].nx, 302_000);
  await drive(1, 5);
  assert.equal(reports.at(-1).why, 'started');
  assert.ok(reports.at(-1).nx <= 8000);
});

test('a turn is reported at once', async () => {
  const { reports, drive } = setUp();
  await drive(8, 10, 0);
  await drive(1, 10, 45);
  assert.equal(reports.at(-1).why, 'turn');
});

test("it obeys the server's delay and its law, and gets slower only when that lasts", async () => {
  const { reports, drive } = setUp({ answer: { next: 1000, rate: { e: 10, min: 1000, max: 5000 } } });
  await drive(20, 1);
  assert.ok(reports.length >= 18, `${reports.length}`);
  const free = setUp();
  await free.drive(10, 15);
  const before = free.reports.length;
  await free.drive(25, 2); // slower, but not for long enough
  assert.ok(free.reports.length - before >= 11, `${free.reports.length - before}`);
});

test('without a network it keeps its reports; then the newest goes first, the rest in batches marked as backlog', async () => {
  const { rt, reporter, reports, drive, time } = setUp();
  rt.enter('backoff');
  await drive(120, 10);
  assert.equal(rt.messages.length, 0);
  assert.equal(reporter.backlog.size, reports.length);
  rt.enter('live');
  await time.pass(1);
  const [first, ...rest] = rt.messages;
  assert.equal(first.r.length, 1);
  assert.equal(first.r[0].s, reports.at(-1).s);
  assert.equal(first.bf, undefined);
  assert.ok(rest.length >= 1 && rest.every(({ bf }) => bf === 1));
  assert.ok(rt.messages.every((message) => JSON.stringify(message).length <= 4096));
  const sent = rt.messages.flatMap(({ r }) => r.map(({ s }) => s));
  assert.deepEqual([...sent].sort((a, b) => b - a), sent);
  assert.equal(new Set(sent).size, reports.length);
  assert.equal(reporter.backlog.size, 0);
});

test('the backlog outlives the program, and is sent under the boot that it came from', async () => {
  const kept = new Map();
  const storage = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v) };
  const first = setUp({ storage });
  first.rt.enter('backoff');
  await first.drive(60, 10);
  const second = setUp({ storage });
  await second.time.pass(5000);
  await second.drive(1, 10);
  assert.ok(second.rt.messages.length > 1);
  const [now, ...before] = second.rt.messages;
  assert.ok(before.every(({ b, bf, r }) => b < now.b && bf === 1 && r.length > 0));
});

test('what the server refuses for good is not sent again and again', async () => {
  const { rt, drive } = setUp();
  rt.fault = Object.assign(new Error('may not'), { code: 4034, retryMs: 0 });
  await drive(60, 10);
  assert.equal(rt.messages.length, 1);
});

test('the law: by speed, closer near a checkpoint, standing seldom', () => {
  const fix = { lat: 59, lon: 18, spd: 10 };
  const near = { ...kDefaultRate, near: [59.001, 18, 150] };
  assert.equal(intervalOf({ fix, stillMs: 0 }).ms, 2000);
  assert.equal(intervalOf({ fix: { ...fix, spd: 40 }, stillMs: 0 }).ms, 1000);
  assert.equal(intervalOf({ fix, stillMs: 0 }, near).ms, 1500);
  assert.equal(intervalOf({ fix: { ...fix, spd: 2 }, stillMs: 0 }, near).ms, 7500);
  assert.equal(intervalOf({ fix: { ...fix, lat: 58.999 }, stillMs: 0 }, near).ms, 2000);
  assert.equal(intervalOf({ fix: { ...fix, spd: 0.2 }, stillMs: 5000 }).ms, 30_000);
  assert.equal(intervalOf({ fix: { ...fix, spd: 0 }, stillMs: 20_000 }).ms, 300_000);
  const at = (hdg, more = {}) => ({ lat: 59, lon: 18, spd: 5, hdg, ...more });
  assert.equal(eventOf(at(350), at(5), false, 2000), null);
  assert.equal(eventOf(at(350), at(15), false, 2000), 'turn');
  assert.equal(eventOf(at(350), at(15), false, 999), null);
  assert.equal(eventOf(at(0), at(0, { lat: 59 - 31 * kNorth }), false, 2000), 'moved');
  assert.equal(eventOf(at(0, { spd: 0.9 }), at(0), true, 2000), null);
  assert.equal(eventOf(at(0, { spd: 0, lat: 59 + 31 * kNorth }), at(0), true, 2000), 'started');
});

test("a low battery is in the server's rate, and is not counted a second time here", async () => {
  // What the server answers at 15 %: three times of everything (docs/protocol.md).
  const rate = { e: 90, min: 6000, max: 90_000, turn: 60, still: 20_000, parked: 300_000 };
  const { reports, drive, rt } = setUp({ battery: () => 15, answer: { next: 9000, why: 'battery', rate } });
  await drive(120, 10);
  assert.equal(rt.messages[0].r[0].bat, 15);
  const late = reports.slice(-4);
  for (let i = 1; i < late.length; i++) assert.equal(late[i].at - late[i - 1].at, 9000);
});

test("reports are dated by the server's clock, or corrected by the server while that is not known", async () => {
  const { rt, drive, time } = setUp();
  await drive(1, 10);
  const [{ now, from, r }] = rt.messages;
  assert.ok(now >= r[0].t && now <= time.wall(), `${now}`);
  assert.equal(from, 1);
  const known = setUp();
  known.rt.serverClock = { now: known.time.wall() + 40_000, error: 20 };
  await known.drive(1, 10);
  assert.equal(known.rt.messages[0].now, undefined);
  assert.equal(known.rt.messages[0].r[0].t, known.time.wall() - 1000 + 40_000);
});
