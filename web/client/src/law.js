/**
 * When a device reports next. Pure: the device runs it between the server's answers, and alone while there is no network.
 * The server sets what it aims at (`rate` of an answer, docs/protocol.md); the rest is the same everywhere.
 */

export const kDefaultRate = { e: 30, min: 2000, max: 30_000 };
export const kParkedMs = 300_000;

const kStillMs = 30_000; // this long without motion is parked
const kMoving = 0.5; // m/s
const kTurnDegrees = 20;
const kNearMs = 1000;
const kLow = 20; // percent of battery
const kEmpty = 10;

/** {ms, mode}: the interval by the situation alone. `fix`: {lat, lon, spd}; `stillMs`: since it last moved. */
export function intervalOf({ fix, stillMs, battery = 100 }, rate = kDefaultRate) {
  const speed = fix.spd ?? 0;
  if (battery < kEmpty) return { ms: kParkedMs, mode: modeOf(speed, stillMs) };
  if (stillMs >= kStillMs) return { ms: kParkedMs, mode: 'parked' };
  const near = rate.near && metres(fix, { lat: rate.near[0], lon: rate.near[1] }) <= Math.max(rate.near[2], 20 * speed);
  const ms = near ? Math.min(kNearMs, rate.min) : clamp((1000 * rate.e) / Math.max(speed, 0.1), rate.min, rate.max);
  return { ms: battery < kLow ? Math.min(3 * ms, kParkedMs) : ms, mode: modeOf(speed, stillMs) };
}

/** Whether something happened that is reported at once: "started" or "turn"; null when nothing did. */
export function eventOf(fix, reported, wasParked) {
  const speed = fix.spd ?? 0;
  if (wasParked && speed >= kMoving) return 'started';
  if (speed < 1 || !Number.isFinite(fix.hdg) || !Number.isFinite(reported?.hdg)) return null;
  const turn = Math.abs(((fix.hdg - reported.hdg + 540) % 360) - 180);
  return turn >= kTurnDegrees ? 'turn' : null;
}

export function isMoving(fix) {
  return (fix.spd ?? 0) >= kMoving;
}

/** Between two points on the ground, m; exact enough for neighbours. */
export function metres(a, b) {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return 6_371_000 * Math.hypot(x, y);
}

function modeOf(speed, stillMs) {
  if (stillMs >= kStillMs) return 'parked';
  return speed >= 3 ? 'moving' : 'slow';
}

function clamp(n, least, most) {
  return Math.min(most, Math.max(least, n));
}
