/**
 * Waits before trying again. Full jitter: a wait is drawn from the whole window, so that clients that failed together
 * do not come back together.
 */

/** The wait before try `attempt` (0 is the first), in ms. */
export function fullJitter(attempt, { base = 500, limit = 20_000, random = Math.random } = {}) {
  return random() * Math.min(limit, base * 2 ** Math.min(attempt, 30));
}

/** A wait drawn from a server's window [from, to], in ms. */
export function within([from, to], random = Math.random) {
  return from + random() * Math.max(0, to - from);
}

/** A wait near `ms`: for polls that need no spreading over the whole window, only must not stay in step. */
export function around(ms, random = Math.random) {
  return ms * (0.75 + 0.5 * random());
}
