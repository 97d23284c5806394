/**
 * When a device reports next (docs/protocol.md, Tracks). Pure: the device runs it between the server's answers, and alone
 * while there is no network. What it aims at is the server's `rate`, and that is all of it: who watches, which checkpoint
 * is near and how low the battery is are in the rate already. Scaling it here once more would make of a third as often a
 * ninth.
 */

export const kDefaultRate = {
  e: 20,
  min: 1000,
  max: 30_000,
  turn: 20,
  still: 20_000,
  parked: 300_000,
  near: null,
  near_e: 15,
  near_ms: 1000,
};

const kStill = 0.5; // m/s: slower is standing
const kStarted = 1; // m/s: one that is parked and faster than this has started
const kDisplaced = 30; // m: and so has one that is found this far off, whatever its speed says
const kSlow = 2; // m/s: slower is walking
const kHeaded = 0.8; // m/s: slower has no heading

/** {ms, mode}: the interval by the situation alone. `fix`: {lat, lon, spd}; `stillMs`: since it last moved. */
export function intervalOf({ fix, stillMs }, rate = kDefaultRate) {
  if (stillMs >= rate.still) return { ms: rate.parked, mode: 'parked' };
  const speed = fix.spd ?? 0;
  const mode = speed < kSlow ? 'slow' : 'moving';
  if (speed < kStill) return { ms: rate.max, mode };
  const { e, min } = aimOf(fix, rate);
  return { ms: clamp((1000 * e) / speed, min, rate.max), mode };
}

/** What happened since the last report that is reported at once: "started"; or, not sooner than is allowed, "turn", "moved". */
export function eventOf(fix, reported, wasParked, sinceMs, rate = kDefaultRate) {
  const speed = fix.spd ?? 0;
  const moved = reported ? metres(fix, reported) : 0;
  if (wasParked) return speed >= kStarted || moved > Math.max(kDisplaced, 2 * (fix.acc ?? 0)) ? 'started' : null;
  const { e, min } = aimOf(fix, rate);
  if (sinceMs < min) return null;
  if (moved >= e) return 'moved';
  if (speed < kHeaded || !Number.isFinite(fix.hdg) || !Number.isFinite(reported?.hdg)) return null;
  const turn = Math.abs(((fix.hdg - reported.hdg + 540) % 360) - 180);
  return turn >= rate.turn ? 'turn' : null;
}

export function isMoving(fix) {
  return (fix.spd ?? 0) >= kStill;
}

/** Between two points on the ground, m; exact enough for neighbours. */
export function metres(a, b) {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return 6_371_000 * Math.hypot(x, y);
}

/** The error to hold, m, and how soon after a report there may be another, ms: less near a checkpoint. */
function aimOf(fix, { e, min, near, near_e, near_ms }) {
  const isNear = near && metres(fix, { lat: near[0], lon: near[1] }) <= near[2];
  return isNear ? { e: near_e, min: near_ms } : { e, min };
}

function clamp(n, least, most) {
  return Math.min(most, Math.max(least, n));
}
