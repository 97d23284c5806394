#include "sim/policy.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "levee/admission/controller.hpp"

namespace levee::sim {
namespace {

using admission::Gate;
using admission::Grant;
using admission::Signals;
using admission::Ticket;

double share_of(std::uint32_t random) { return static_cast<double>(random) / 4294967296.0; }

class None final : public Policy {
 public:
  std::optional<Told> ask(std::uint32_t, std::optional<Ticket>, TimePoint, std::uint32_t) override {
    return {};
  }
  const Grant& evaluate(Signals&, TimePoint) override { return grant_; }

 private:
  Grant grant_;
};

// A bucket of credits; who finds none is told 1 to 4 seconds, drawn by lot, as servers without a line do.
class Bucket final : public Policy {
 public:
  Bucket(double rate, bool adapts) : rate_{rate}, adapts_{adapts} {}

  std::optional<Told> ask(std::uint32_t, std::optional<Ticket>, TimePoint now,
                          std::uint32_t random) override {
    if (credits_ >= 1) {
      credits_ -= 1;
      return {};
    }
    const double seconds = 1.0 + static_cast<int>(4 * share_of(random));
    return Told{seconds, true, seconds, Ticket{now}};
  }

  const Grant& evaluate(Signals& signals, TimePoint) override {
    const auto limit = std::max<Duration>(signals.part_target / 2, std::chrono::milliseconds{50});
    if (adapts_ && signals.lateness.count > 0) {
      rate_ = signals.lateness.p99 > limit ? std::max(1.0, rate_ / 2) : rate_ + 20;
    }
    credits_ = std::min(credits_ + rate_ / 10, std::max(1.0, rate_ / 2));
    return grant_;
  }

 private:
  double rate_;
  bool adapts_;
  double credits_ = 50;
  Grant grant_;
};

class Levee final : public Policy {
 public:
  explicit Levee(TimePoint now) : gates_{Gate{now}, Gate{now}}, controller_{gates_.size()} {}

  std::optional<Told> ask(std::uint32_t viewer, std::optional<Ticket> ticket, TimePoint now,
                          std::uint32_t random) override {
    const auto wait = gates_[viewer % gates_.size()].ask(ticket, now, random);
    if (!wait) return {};
    const std::chrono::duration<double> estimate = wait->estimate.value_or(Duration{});
    return Told{static_cast<double>(wait->retry_after.count()), wait->promised, estimate.count(),
                wait->ticket};
  }

  const Grant& evaluate(Signals& signals, TimePoint now) override {
    for (auto& gate : gates_) {
      const auto tally = gate.take_tally();
      signals.seen += tally.seen;
      signals.admitted += tally.admitted;
      signals.refused += tally.refused;
      signals.waiting += gate.waiting(now);
      signals.reserved += gate.reserved();
    }
    grant_ = controller_.evaluate(signals, now);
    for (auto& gate : gates_) gate.apply(grant_, now);
    return grant_;
  }

  double load() const override { return controller_.load(); }
  bool oldest_first() const override { return true; }

 private:
  std::array<Gate, 2> gates_;
  admission::Controller controller_;
  Grant grant_;
};

}  // namespace

std::unique_ptr<Policy> make_policy(const std::string& name, TimePoint now) {
  if (name == "none") return std::make_unique<None>();
  if (name == "bucket") return std::make_unique<Bucket>(200, false);
  if (name == "aimd") return std::make_unique<Bucket>(50, true);
  if (name == "levee") return std::make_unique<Levee>(now);
  throw std::invalid_argument{"no policy is named " + name};
}

}  // namespace levee::sim
