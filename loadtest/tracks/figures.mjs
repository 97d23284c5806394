/** Runs a policy over traces and adds up what was measured. */
import { percentAnHour, receiverJoules } from './battery.mjs';
import { World } from './world.mjs';

const kAtOnce = 8; // worlds, each with a program of its own

/** {rule, watched, rates}, see World; `receiverShare`: of the time that the receiver is on. */
export async function measure(traces, { receiverShare = 1, ...policy }) {
  return summarise(await runAll(traces, policy), receiverShare);
}

/** What each trace gave, see Measures. */
export async function runAll(traces, policy) {
  const results = new Array(traces.length);
  const next = traces.keys();
  const work = async () => {
    for (const i of next) results[i] = await new World(traces[i], policy).run();
  };
  await Promise.all(Array.from({ length: kAtOnce }, work));
  return results;
}

export function summarise(results, receiverShare) {
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  const all = (name) => Float64Array.from(results.flatMap((result) => result[name])).sort();
  const [errors, nearErrors, stopsSeen, backAfter] = ['errors', 'nearErrors', 'stopsSeen', 'backAfter'].map(all);
  const seconds = sum('seconds');
  const receiver = receiverShare * receiverJoules(seconds);
  return {
    hours: seconds / 3600,
    reportsAnHour: (3600 * sum('reports')) / seconds,
    reportsAnHourMoving: (3600 * sum('movingReports')) / sum('movingSeconds'),
    battery: percentAnHour(receiver + sum('reportJoules'), seconds),
    batteryConnected: percentAnHour(receiver + sum('radioJoules'), seconds),
    errorP50: quantile(errors, 0.5),
    errorP95: quantile(errors, 0.95),
    nearP95: quantile(nearErrors, 0.95),
    stops: stopsSeen.length,
    stopP95: quantile(stopsSeen, 0.95),
    stopMost: quantile(stopsSeen, 1),
    backP95: quantile(backAfter, 0.95),
    brokenPromises: sum('brokenPromises'),
    promised: sum('promised') / sum('looks'),
    falselyLive: sum('falselyLive') / sum('looks'),
    outside: sum('outside') / Math.max(sum('live'), 1),
    settledLive: sum('settledLive') / sum('settled'),
  };
}

function quantile(sorted, q) {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] : NaN;
}
