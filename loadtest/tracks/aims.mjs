/** What the policy is to reach against the others; `figures` by name, see loadtest/bench/tracks.mjs. */
export function aims(figures) {
  const five = figures['fixed 5 s'];
  const rule = figures['300 s / 75 m / 30 degrees'];
  const watched = figures['levee, watched'];
  const unwatched = figures['levee, unwatched'];
  const percent = (share) => 100 * share;
  const atMost = (aim, bound, measured, digits, unit) => ({
    aim,
    bound: `${bound.toFixed(digits)} ${unit}`,
    measured: `${measured.toFixed(digits)} ${unit}`,
    held: measured <= bound,
  });
  return [
    atMost("watched: error moving, p95, a third of fixed 5 s's", five.errorP95 / 3, watched.errorP95, 1, 'm'),
    atMost('watched: with fewer reports', five.reportsAnHour, watched.reportsAnHour, 0, '/h'),
    atMost("watched: near checkpoints, p95, half of the 75 m rule's", rule.nearP95 / 2, watched.nearP95, 1, 'm'),
    atMost('watched: a stop is seen within', 30, watched.stopMost, 1, 's'),
    atMost("unwatched: a third of fixed 5 s's reports", five.reportsAnHour / 3, unwatched.reportsAnHour, 0, '/h'),
    atMost('silence that no promise covers', 0, percent(1 - Math.min(watched.promised, unwatched.promised)), 2, '%'),
    atMost('shown live past the promise', 0, percent(Math.max(watched.falselyLive, unwatched.falselyLive)), 2, '%'),
    atMost('promises broken by the device', 0, watched.brokenPromises + unwatched.brokenPromises, 0, ''),
  ];
}
