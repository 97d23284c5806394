/**
 * What a phone's battery gives for being tracked.
 *
 * Receiver: 370 mW while on (Paek, Kim, Govindan: Energy-efficient rate-adaptive GPS-based positioning for smartphones,
 * MobiSys 2010). A program that looks at every fix has it on all the time, whatever it reports; one that polls once a minute
 * turns it on 10 s before.
 * Radio: waking up takes 0.26 s at 1211 mW, and after each message it stays on for 11.6 s at 1060 mW (Huang and others: A close
 * examination of performance and power characteristics of 4G LTE networks, MobiSys 2012). The few hundred bytes themselves add
 * nothing to that. Networks of today let go sooner; then all figures fall, and most those of rare reports.
 * A battery of 4000 mAh at 3.85 V.
 */

const kReceiverWatts = 0.37;
const kWakingJoules = 0.26 * 1.211;
const kTailWatts = 1.06;
const kTailMs = 11_576;
const kBatteryJoules = 4 * 3.85 * 3600;

/** A radio's energy, by the times at which messages went over it, in any order. */
export class Radio {
  #times = [];

  passed(time) {
    this.#times.push(time);
  }

  get joules() {
    let joules = 0;
    let awakeUntil = -Infinity;
    for (const time of Float64Array.from(this.#times).sort()) {
      if (time > awakeUntil) joules += kWakingJoules;
      joules += (kTailWatts * (time + kTailMs - Math.max(awakeUntil, time))) / 1000;
      awakeUntil = time + kTailMs;
    }
    return joules;
  }
}

export function receiverJoules(seconds) {
  return kReceiverWatts * seconds;
}

/** Percent of the battery an hour. */
export function percentAnHour(joules, seconds) {
  return ((100 * joules) / kBatteryJoules / seconds) * 3600;
}
