/** Waits before trying again that do not keep step with those of others. */
export { fullJitter, within } from './client/backoff.js';

/** A wait near `ms`: for polls that need no spreading over the whole window, only must not stay in step. */
export function around(ms, random = Math.random) {
  return ms * (0.75 + 0.5 * random());
}
