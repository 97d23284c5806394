#include "support/track/track_traces.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace levee::test {
namespace {

using realtime::Place;

/// Drives a point over a plane, a second at a time.
class Mover {
 public:
  Mover(std::string_view name, std::uint64_t seed, double noise_m)
      : random_{seed * 7919 + name.size()}, noise_m_{noise_m} {
    trace.name = name;
    heading_ = between(0, 360);
    error_x_ = noise_m * normal_(random_);
    error_y_ = noise_m * normal_(random_);
  }

  double between(double low, double high) { return std::uniform_real_distribution{low, high}(random_); }
  bool one_in(int n) { return std::uniform_int_distribution{1, n}(random_) == 1; }

  /// Moves `metres` on at up to `speed`, bending by `bend` degrees a second; ends at `exit_speed`.
  void leg(double metres, double speed, double exit_speed, double bend = 0) {
    constexpr double kGain = 1.5;
    constexpr double kBrake = 2.5;
    while (metres > 0.5) {
      const double braking = std::sqrt(exit_speed * exit_speed + 2 * kBrake * metres);
      speed_ = std::min({speed, speed_ + kGain, std::max(braking - kBrake / 2, 0.8)});
      const double step = std::min(speed_, metres);
      heading_ += bend;
      x_ += step * std::sin(heading_ * std::numbers::pi / 180);
      y_ += step * std::cos(heading_ * std::numbers::pi / 180);
      metres -= step;
      second();
    }
    speed_ = exit_speed;
  }
  /// Turns, taking as many seconds as a vehicle does at that speed.
  void corner(double degrees) {
    const int steps = std::max(1, static_cast<int>(std::abs(degrees) / 30));
    for (int i = 0; i < steps; ++i) {
      heading_ += degrees / steps;
      x_ += speed_ * std::sin(heading_ * std::numbers::pi / 180);
      y_ += speed_ * std::cos(heading_ * std::numbers::pi / 180);
      second();
    }
  }
  void stand(double seconds) {
    speed_ = 0;
    for (int i = 0; i < static_cast<int>(seconds); ++i) second();
  }
  void checkpoint_here() { trace.checkpoints.push_back(place(x_, y_)); }
  void shade(bool on) { shaded_ = on; }

  Trace trace;

 private:
  static Place place(double x, double y) {
    constexpr double kMetresADegree = 111'195;
    constexpr Place kOrigin{59.3293, 18.0686};
    return {kOrigin.latitude + y / kMetresADegree,
            kOrigin.longitude + x / (kMetresADegree * std::cos(kOrigin.latitude * std::numbers::pi / 180))};
  }
  void second() {
    const double keep = std::exp(-1.0 / 30);
    const double fresh = noise_m_ * std::sqrt(1 - keep * keep);
    error_x_ = keep * error_x_ + fresh * normal_(random_);
    error_y_ = keep * error_y_ + fresh * normal_(random_);
    // Receivers measure speed by Doppler shift: good to a tenth of a metre a second.
    const double measured = std::max(0.0, speed_ + 0.1 * normal_(random_));
    trace.samples.push_back(
        {place(x_, y_), place(x_ + error_x_, y_ + error_y_), measured, heading_, !shaded_, !shaded_});
  }

  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double noise_m_;
  double x_ = 0;
  double y_ = 0;
  double speed_ = 0;
  double heading_ = 0;
  double error_x_ = 0;
  double error_y_ = 0;
  bool shaded_ = false;
};

double either_way(Mover& mover, double degrees) { return mover.one_in(2) ? degrees : -degrees; }

}  // namespace

Trace patrol_trace(std::uint64_t seed) {
  Mover mover{"patrol", seed, 4};
  for (int post = 1; post <= 18; ++post) {
    for (double walked = 0; walked < 300;) {
      const double leg = mover.between(40, 150);
      const double pace = mover.between(1.2, 1.6);
      mover.leg(leg, pace, pace);
      mover.corner(either_way(mover, mover.between(60, 120)));
      walked += leg;
    }
    mover.checkpoint_here();
    mover.stand(post % 6 == 0 ? 360 : mover.between(30, 120));
  }
  return std::move(mover.trace);
}

Trace car_trace(std::uint64_t seed) {
  Mover mover{"car", seed, 5};
  for (int crossing = 1; crossing <= 60; ++crossing) {
    const bool stops = crossing % 4 == 0 || mover.one_in(2);
    const double bend = mover.one_in(2) ? mover.between(-1.5, 1.5) : 0;
    mover.leg(mover.between(150, 600), mover.between(8, 16), stops ? 0 : 5, bend);
    if (crossing % 4 == 0) mover.checkpoint_here();
    if (stops) mover.stand(crossing % 4 == 0 ? 90 : mover.between(5, 45));
    if (!stops) mover.corner(either_way(mover, mover.between(60, 100)));
  }
  return std::move(mover.trace);
}

Trace parked_trace(std::uint64_t seed) {
  Mover mover{"parked", seed, 4};
  mover.stand(3600);
  mover.leg(mover.between(300, 500), 10, 5);
  mover.corner(either_way(mover, 90));
  mover.leg(mover.between(300, 500), 10, 0);
  mover.stand(3600);
  return std::move(mover.trace);
}

Trace tunnel_trace(std::uint64_t seed) {
  Mover mover{"tunnel", seed, 5};
  mover.leg(22 * 180, 22, 22, mover.between(-0.2, 0.2));
  mover.shade(true);
  mover.leg(22 * mover.between(90, 150), 22, 22, mover.between(-0.2, 0.2));
  mover.shade(false);
  mover.leg(22 * 180, 22, 0, mover.between(-0.2, 0.2));
  mover.stand(180);
  return std::move(mover.trace);
}

std::vector<Trace> all_traces(std::uint64_t each) {
  std::vector<Trace> traces;
  for (std::uint64_t seed = 1; seed <= each; ++seed) {
    traces.push_back(patrol_trace(seed));
    traces.push_back(car_trace(seed));
    traces.push_back(parked_trace(seed));
    traces.push_back(tunnel_trace(seed));
  }
  return traces;
}

}  // namespace levee::test
