/**
 * Made traces of devices that look like recorded ones: where something truly was, once a second, what its receiver said
 * and whether it had a network. The same seed gives the same trace.
 *
 *   patrol   a guard on foot, 1.2 to 1.6 m/s, in legs of 40 to 150 m with corners of 60 to 120 degrees between them.
 *            Stands for 30 to 120 s at each checkpoint, about 300 m from the last, and rests 6 minutes at every sixth.
 *   town     a car: legs of 150 to 600 m at 8 to 16 m/s, speeding up by 1.5 m/s2 and braking by 2.5. At every second crossing
 *            it slows to 5 m/s and turns, at the others it waits 5 to 45 s at the light. Half of the legs bend. High houses.
 *   rounds   a car that visits checkpoints: 1 to 2.5 km apart, at each it stands for one to three minutes.
 *   parked   six hours in a car park, with a drive of two minutes in the middle: of all the traces' hours three in ten are spent
 *            moving, as in a working day.
 *   tunnel   a motorway at 22 m/s, bending gently; after 3 minutes a tunnel of 90 to 150 s without satellites or network,
 *            then 3 minutes more and a stop; four times over.
 *
 * Receiver: its error wanders (first-order Gauss-Markov, 30 s), with a radius of 5 m at 68 % under the open sky, which is what
 * smartphones reach (gps.gov cites 4.9 m), and 10 m between houses; it says so. Speed is measured by Doppler shift, to 0.15
 * m/s; the heading follows from the same measurement and is not told below 0.5 m/s, as browsers do.
 * Network: away in tunnels, and elsewhere every 20 minutes on average, for 3 to 45 s. A device's clock is wrong by up to 3 s.
 */
import { seeded } from '../../web/client/tests/simulation/scheduler.mjs';

const kOrigin = { lat: 59.3293, lon: 18.0686 };
const kMetresADegree = 111_195;
const kWander = Math.exp(-1 / 30); // what is left of an error after a second
const kRadiusOfSigma = 1.51; // of 68 % in a plane, by the deviation along one axis
const kDoppler = 0.15; // m/s
const kSkyRadius = { open: 5, town: 10 };

/** Random numbers of several kinds, from a seed. */
class Dice {
  #next;

  constructor(seed) {
    this.#next = seeded(seed);
  }

  between(low, high) {
    return low + this.#next() * (high - low);
  }

  oneIn(n) {
    return this.#next() * n < 1;
  }

  /** A standard normal one (Box and Muller). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next());
  }
}

/** Drives a point over a plane, a second at a time, and writes down what it does. */
class Mover extends Dice {
  seconds = [];
  checkpoints = [];
  speed = 0;
  #x = 0;
  #y = 0;
  #heading;
  #sky;
  #error;
  #shaded = false;
  #outage = { from: Infinity, to: Infinity };

  constructor(seed, sky) {
    super(seed);
    this.#sky = sky;
    this.#heading = this.between(0, 360);
    this.#error = [this.normal(), this.normal()];
    this.#planOutage();
  }

  /** Goes `metres` on at up to `speed`, bending by `bend` degrees a second, and ends at `exit`. */
  leg(metres, speed, exit, bend = 0) {
    const gain = 1.5;
    const brake = 2.5;
    for (let left = metres; left > 0.5; ) {
      const braking = Math.sqrt(exit ** 2 + 2 * brake * left);
      this.speed = Math.min(speed, this.speed + gain, Math.max(braking - brake / 2, 0.8));
      const step = Math.min(this.speed, left);
      this.#heading += bend;
      this.#step(step);
      left -= step;
    }
    this.speed = exit;
  }

  /** Turns either way, at its speed, 30 degrees a second. */
  corner(least, most) {
    const degrees = this.between(least, most) * (this.oneIn(2) ? 1 : -1);
    const steps = Math.max(1, Math.floor(Math.abs(degrees) / 30));
    for (let i = 0; i < steps; i++) {
      this.#heading += degrees / steps;
      this.#step(this.speed);
    }
  }

  stand(seconds) {
    this.speed = 0;
    for (let i = 0; i < Math.floor(seconds); i++) this.#second();
  }

  checkpointHere() {
    this.checkpoints.push(this.#place(0, 0));
  }

  shade(on) {
    this.#shaded = on;
  }

  #step(metres) {
    const angle = (this.#heading * Math.PI) / 180;
    this.#x += metres * Math.sin(angle);
    this.#y += metres * Math.cos(angle);
    this.#second();
  }

  #place(dx, dy) {
    return {
      lat: kOrigin.lat + (this.#y + dy) / kMetresADegree,
      lon: kOrigin.lon + (this.#x + dx) / (kMetresADegree * Math.cos((kOrigin.lat * Math.PI) / 180)),
    };
  }

  #second() {
    const fresh = Math.sqrt(1 - kWander ** 2);
    this.#error = this.#error.map((e) => kWander * e + fresh * this.normal());
    const radius = kSkyRadius[this.#sky];
    const [dx, dy] = this.#error.map((e) => (e * radius) / kRadiusOfSigma);
    const [along, across] = [this.speed + kDoppler * this.normal(), kDoppler * this.normal()];
    const measured = Math.hypot(along, across);
    const heading = (this.#heading + (Math.atan2(across, along) * 180) / Math.PI + 3600) % 360;
    const at = this.seconds.length;
    if (at >= this.#outage.to) this.#planOutage();
    this.seconds.push({
      truth: this.#place(0, 0),
      speed: this.speed,
      fix: this.#shaded
        ? null
        : { ...this.#place(dx, dy), acc: radius, spd: measured, hdg: measured >= 0.5 ? heading : undefined },
      network: !this.#shaded && !(at >= this.#outage.from),
    });
  }

  #planOutage() {
    const from = this.seconds.length - Math.log(1 - this.between(0, 1)) * 1200;
    this.#outage = { from, to: from + this.between(3, 45) };
  }
}

const kMakers = {
  patrol(mover) {
    for (let post = 1; post <= 18; post++) {
      for (let walked = 0; walked < 300; ) {
        const leg = mover.between(40, 150);
        const pace = mover.between(1.2, 1.6);
        mover.leg(leg, pace, pace);
        mover.corner(60, 120);
        walked += leg;
      }
      mover.checkpointHere();
      mover.stand(post % 6 === 0 ? 360 : mover.between(30, 120));
    }
  },
  town(mover) {
    for (let crossing = 1; crossing <= 60; crossing++) {
      const stops = mover.oneIn(2);
      const bend = mover.oneIn(2) ? mover.between(-1.5, 1.5) : 0;
      mover.leg(mover.between(150, 600), mover.between(8, 16), stops ? 0 : 5, bend);
      if (stops) mover.stand(mover.between(5, 45));
      else mover.corner(60, 100);
    }
    mover.stand(120);
  },
  rounds(mover) {
    for (let post = 1; post <= 10; post++) {
      const length = mover.between(1000, 2500);
      for (let driven = 0; driven < length; ) {
        const leg = mover.between(200, 700);
        driven += leg;
        mover.leg(leg, mover.between(9, 15), driven < length ? 5 : 0);
        if (driven < length) mover.corner(45, 100);
      }
      mover.checkpointHere();
      mover.stand(mover.between(60, 180));
    }
  },
  parked(mover) {
    mover.stand(3 * 3600);
    mover.leg(mover.between(300, 500), 10, 5);
    mover.corner(80, 100);
    mover.leg(mover.between(300, 500), 10, 0);
    mover.stand(3 * 3600);
  },
  tunnel(mover) {
    for (let way = 0; way < 4; way++) {
      mover.leg(22 * 180, 22, 22, mover.between(-0.2, 0.2));
      mover.shade(true);
      mover.leg(22 * mover.between(90, 150), 22, 22, mover.between(-0.2, 0.2));
      mover.shade(false);
      mover.leg(22 * 180, 22, 0, mover.between(-0.2, 0.2));
      mover.stand(180);
    }
  },
};

export const kKinds = Object.keys(kMakers);

/**
 * {kind, seed, skewMs, seconds: [{truth, speed, fix, network}], checkpoints: [{lat, lon}]}; `truth` and `checkpoints` in degrees,
 * `speed` the true one, m/s, `fix` what the receiver says: {lat, lon, acc, spd, hdg}, null without satellites. `skewMs`: how
 * far the device's wall clock is ahead.
 */
export function makeTrace(kind, seed) {
  const mover = new Mover(seed * 31 + kKinds.indexOf(kind), kind === 'town' ? 'town' : 'open');
  const skewMs = Math.round(mover.between(-3000, 3000));
  kMakers[kind](mover);
  return { kind, seed, skewMs, seconds: mover.seconds, checkpoints: mover.checkpoints };
}

/** `each` of every kind. */
export function makeTraces(each) {
  return kKinds.flatMap((kind) => Array.from({ length: each }, (_, i) => makeTrace(kind, i + 1)));
}
