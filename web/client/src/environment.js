/**
 * What the library needs of the world: time, randomness, a socket, and whether there is a network and somebody to see
 * the page. Tests and other programs give their own; see Environment in index.d.ts.
 */
export const kBrowser = {
  socket: (url) => new WebSocket(url),
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout: (f, ms) => setTimeout(f, ms),
  clearTimeout: (id) => clearTimeout(id),
  random: () => Math.random(),
  online: () => globalThis.navigator?.onLine !== false,
  visible: () => globalThis.document?.visibilityState !== 'hidden',

  /** Calls `changed` whenever `online` or `visible` may say something else. Gives the function that ends this. */
  watch(changed) {
    const places = [
      [globalThis.window, ['online', 'offline', 'pageshow']],
      [globalThis.document, ['visibilitychange', 'resume']],
    ].filter(([target]) => target?.addEventListener);
    for (const [target, names] of places) for (const name of names) target.addEventListener(name, changed);
    return () => {
      for (const [target, names] of places) for (const name of names) target.removeEventListener(name, changed);
    };
  },
};
