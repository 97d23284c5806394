#include "sim/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "sim/figures.hpp"
#include "sim/policy.hpp"
#include "sim/server.hpp"

namespace levee::sim {
namespace {

constexpr double kTick = 0.01;
constexpr int kTicksPerEvaluation = 10;
constexpr int kTicksPerSample = 50;
constexpr std::size_t kWatched = 200;  // incumbents whose buffers are followed one by one
constexpr double kBeginningSeconds = std::chrono::duration<double>(admission::kBeginning).count();
constexpr double kMoment = 3;      // seconds by which a promise may be late and still hold, for people
constexpr double kJumpsAhead = 6;  // seconds behind, players jump to the live edge

TimePoint point(double seconds) {
  return TimePoint{std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds + 1000))};
}

Duration duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

struct Newcomer {
  float first_asked = -1;
  float let_in = -1;
  float expected = -1;   // to be let in, as it was first told
  float sent_away = -1;  // when it came as it was told and was told to wait a little longer
  bool obedient = true;
  bool promised = false;  // a time, the last time it was told to wait
  bool has_ticket = false;
  bool low = false;
  admission::Ticket ticket;
};

class Simulation {
 public:
  Simulation(const Plan& plan, const std::string& policy)
      : plan_{plan},
        policy_{make_policy(policy, point(0))},
        random_{plan.seed},
        server_{Costs{plan.door_share, plan.request_seconds / plan.cores, plan.connect_seconds / plan.cores,
                      plan.rise}},
        incumbents_{plan.incumbents_share * plan.capacity()},
        newcomers_(static_cast<std::size_t>(plan.factor * plan.capacity())),
        events_(static_cast<std::size_t>((plan.horizon + 200) / kTick)) {
    outcome_.policy = policy;
    outcome_.capacity = plan.capacity();
    outcome_.newcomers = static_cast<double>(newcomers_.size());
    cushions_.assign(kWatched, plan.cushion);
    stalls_.assign(kWatched, 0);
    for (std::size_t i = 0; i < newcomers_.size(); ++i) {
      newcomers_[i].obedient = chance() >= plan.disobedient;
      at(plan.surge_at + chance() * plan.surge_seconds, Event::asks, i);
    }
  }

  Outcome run() {
    const auto ticks = static_cast<std::size_t>(plan_.horizon / kTick);
    for (std::size_t tick = 0; tick < ticks; ++tick) {
      now_ = static_cast<double>(tick) * kTick;
      take_events(tick);
      release_parts(tick);
      server_.serve(
          now_, now_ + kTick, [this](const Question& question, double when) { answer(question, when); },
          [this](Delivery& delivery, double when) { delivered(delivery, when); });
      skip_ahead();
      if (tick % kTicksPerEvaluation == 0) evaluate();
      if (tick % kTicksPerSample == 0) sample();
      if (admitted_ == newcomers_.size() && outcome_.all_in_after < 0) {
        outcome_.all_in_after = now_ - plan_.surge_at;
        last_tick_ = tick + static_cast<std::size_t>(5 / kTick);
      }
      if (tick == last_tick_) break;
    }
    conclude();
    return std::move(outcome_);
  }

 private:
  enum class Event : std::uint8_t { asks, climbs, settles, leaves };
  struct Due {
    Event event;
    std::uint32_t who;
  };

  double chance() { return std::uniform_real_distribution<>{}(random_); }

  void at(double when, Event event, std::size_t who) {
    const auto tick = static_cast<std::size_t>(std::max(when, now_ + kTick) / kTick);
    if (tick < events_.size()) events_[tick].push_back({event, static_cast<std::uint32_t>(who)});
  }

  void take_events(std::size_t tick) {
    const auto due = std::move(events_[tick]);
    events_[tick] = {};
    for (const auto& [event, who] : due) {
      switch (event) {
        case Event::asks:
          ask(who);
          break;
        case Event::climbs:
          if (!newcomers_[who].low) break;
          newcomers_[who].low = false;
          low_ -= 1;
          top_ += 1;
          break;
        case Event::settles:
          begun_ += 1;
          begun_bytes_ += (newcomers_[who].low ? plan_.low_bitrate : plan_.bitrate) / 8 *
                          (plan_.join_media + kBeginningSeconds);
          break;
        case Event::leaves:
          (newcomers_[who].low ? low_ : top_) -= 1;
          newcomers_[who].low = false;
          break;
      }
    }
  }

  void ask(std::uint32_t who) {
    auto& newcomer = newcomers_[who];
    const bool first = newcomer.first_asked < 0;
    if (first) {
      newcomer.first_asked = static_cast<float>(now_);
      waiting_ += 1;
    }
    server_.ask({now_, who, first});
  }

  void answer(const Question& question, double when) {
    auto& newcomer = newcomers_[question.viewer];
    if (when - question.asked > plan_.patience) {
      outcome_.gave_up += 1;
      newcomer.promised = false;
      return at(when + 0.3 + chance() * 12, Event::asks, question.viewer);
    }
    std::optional<admission::Ticket> ticket;
    if (newcomer.has_ticket && newcomer.obedient) ticket = newcomer.ticket;
    const auto told =
        policy_->ask(question.viewer, ticket, point(when), static_cast<std::uint32_t>(random_()));
    count_promise(newcomer, !told, when);
    if (!told) return let_in(question.viewer, when);
    refused_ += 1;
    newcomer.promised = told->promise && newcomer.obedient;
    if (newcomer.expected < 0 && told->estimate > 0)
      newcomer.expected = static_cast<float>(when + told->estimate);
    newcomer.ticket = told->ticket;
    newcomer.has_ticket = true;
    // As the watch page does: never earlier than told, a little later, and not all at once.
    const double wait =
        newcomer.obedient ? told->seconds + chance() * std::max(1.0, 0.2 * told->seconds) : 0.5 + chance();
    at(when + wait, Event::asks, question.viewer);
  }

  void count_promise(Newcomer& newcomer, bool entered, double when) {
    const bool again = newcomer.sent_away >= 0;  // the same promise: was it kept a moment later?
    if (newcomer.promised && !again) promises_ += 1;
    if (entered && newcomer.promised && !again) promises_kept_ += 1;
    if (entered && again && when - static_cast<double>(newcomer.sent_away) <= kMoment) promises_soon_ += 1;
    if (!entered && newcomer.promised && !again) newcomer.sent_away = static_cast<float>(when);
    if (again && when - static_cast<double>(newcomer.sent_away) > kMoment) newcomer.sent_away = -1;
  }

  void let_in(std::uint32_t who, double when) {
    auto& newcomer = newcomers_[who];
    newcomer.let_in = static_cast<float>(when);
    newcomer.low = grant_.start_lower > 0;
    waiting_ -= 1;
    ++admitted_;
    const double rate = newcomer.low ? plan_.low_bitrate : plan_.bitrate;
    Delivery join;
    join.ready = when;
    join.each = plan_.delivery_seconds(rate, plan_.join_media, 6);
    join.bytes = rate * plan_.join_media / 8;
    join.joining = who;
    server_.deliver(std::move(join));
  }

  void release_parts(std::size_t tick) {
    const auto period = static_cast<std::size_t>(std::lround(plan_.part / kTick));
    if (plan_.in_step && tick % period != 0) return;
    const double share = plan_.in_step ? 1 : 1 / static_cast<double>(period);
    if (plan_.in_step && policy_->oldest_first()) {
      release(incumbents_, 0, 0);
      release(0, top_, low_);
    } else {
      release(incumbents_ * share, top_ * share, low_ * share);
    }
  }

  void release(double incumbents, double top, double low) {
    const double all = incumbents + top + low;
    if (all <= 0) return;
    const double requests = plan_.in_step ? 2 : 1;
    const double rate = ((incumbents + top) * plan_.bitrate + low * plan_.low_bitrate) / all;
    Delivery part;
    part.ready = now_;
    part.count = all;
    part.each = plan_.delivery_seconds(rate, plan_.part, requests);
    part.bytes = rate * plan_.part / 8;
    part.incumbents = incumbents / all;
    server_.deliver(std::move(part));
  }

  void delivered(Delivery& delivery, double when) {
    if (delivery.joining >= 0) return started(static_cast<std::uint32_t>(delivery.joining), when);
    for (const double tenth : delivery.tenths) {
      const double late = tenth - delivery.ready;
      late_.add(late, delivery.count / 10);
      late_sample_.add(late, delivery.count * delivery.incumbents / 10);
    }
    if (delivery.incumbents <= 0) return;
    const auto period = static_cast<std::size_t>(std::lround(plan_.part / kTick));
    const auto turn = static_cast<std::size_t>(std::lround(delivery.ready / kTick)) % period;
    for (std::size_t i = 0; i < kWatched; ++i) {
      if (!plan_.in_step && i % period != turn) continue;
      const auto place = static_cast<std::size_t>(chance() * 10);
      ran_late(i, delivery.tenths[place] - delivery.ready);
    }
  }

  void ran_late(std::size_t incumbent, double late) {
    if (late <= cushions_[incumbent]) return;
    stalls_[incumbent] += late - cushions_[incumbent];
    cushions_[incumbent] = late;  // it plays so much later from now on
  }

  void skip_ahead() {
    const double given_up = server_.give_up(now_ - kJumpsAhead);
    if (given_up <= 0) return;
    const double share = given_up / std::max(1.0, incumbents_ + top_ + low_);
    for (auto& stall : stalls_) stall += share * plan_.part;
  }

  void started(std::uint32_t who, double when) {
    auto& newcomer = newcomers_[who];
    starts_.add(when - static_cast<double>(newcomer.let_in), 1);
    (newcomer.low ? low_ : top_) += 1;
    if (newcomer.low && grant_.hidden_rungs == 0)
      at(when + plan_.climb_after * (0.7 + 0.6 * chance()), Event::climbs, who);
    at(when + kBeginningSeconds, Event::settles, who);
    at(when - plan_.stay * std::log(1 - chance()), Event::leaves, who);
  }

  void evaluate() {
    admission::Signals signals;
    signals.part_target = duration(plan_.part);
    signals.incumbents = static_cast<std::size_t>(incumbents_ + top_ + low_);
    if (plan_.in_step) signals.parked = signals.incumbents;
    signals.cpu = std::min(1.0, (server_.busy_seconds() - busy_seen_) / (kTick * kTicksPerEvaluation));
    signals.egress_bytes_per_second = (server_.bytes() - bytes_seen_) / (kTick * kTicksPerEvaluation);
    signals.accept_age = duration(server_.oldest_question(now_));
    signals.loop_lag = duration(0.002 + 0.004 * chance());
    signals.lateness.count = static_cast<std::uint64_t>(late_.count());
    signals.lateness.p50 = duration(late_.quantile(0.5));
    signals.lateness.p90 = duration(late_.quantile(0.9));
    signals.lateness.p99 = duration(late_.quantile(0.99));
    signals.lateness.max = duration(late_.quantile(1));
    signals.begun = static_cast<std::uint64_t>(begun_);
    signals.begun_bytes = begun_bytes_;
    late_ = {};
    begun_ = begun_bytes_ = 0;
    busy_seen_ = server_.busy_seconds();
    bytes_seen_ = server_.bytes();
    grant_ = policy_->evaluate(signals, point(now_));
  }

  void sample() {
    const double seconds = kTick * kTicksPerSample;
    Sample sample;
    sample.at = now_;
    sample.watching = incumbents_ + top_ + low_;
    sample.waiting = waiting_;
    sample.admitted = static_cast<double>(admitted_ - admitted_seen_) / seconds;
    sample.refused = (refused_ - refused_seen_) / seconds;
    sample.late_p99 = late_sample_.quantile(0.99);
    sample.megabits = (server_.bytes() - bytes_sampled_) * 8 / 1e6 / seconds;
    sample.load = policy_->load();
    sample.level = static_cast<int>(grant_.level);
    outcome_.samples.push_back(sample);
    late_sample_ = {};
    admitted_seen_ = admitted_;
    refused_seen_ = refused_;
    bytes_sampled_ = server_.bytes();
  }

  void conclude() {
    outcome_.admitted = static_cast<double>(admitted_);
    outcome_.refused_per_admitted = refused_ / std::max(1.0, outcome_.admitted);
    outcome_.kept_promises = promises_ > 0 ? promises_kept_ / promises_ : 1;
    outcome_.kept_soon = promises_ > 0 ? (promises_kept_ + promises_soon_) / promises_ : 1;
    outcome_.start_p99 = starts_.quantile(0.99);
    double stalled = 0;
    double seconds = 0;
    for (const double stall : stalls_) {
      if (stall > 0) stalled += 1;
      seconds += stall;
    }
    outcome_.stalled_share = stalled / kWatched;
    outcome_.stalled_seconds = seconds / kWatched;
    std::vector<double> asked;
    std::vector<double> let_in;
    Figures waits;
    double told = 0;
    double right = 0;
    for (const auto& newcomer : newcomers_) {
      const double by = static_cast<double>(newcomer.expected) * 1.2 -
                        static_cast<double>(newcomer.first_asked) * 0.2 + 3;  // a fifth longer, and a little
      if (newcomer.obedient && newcomer.expected >= 0 && (newcomer.let_in >= 0 || by < now_)) {
        told += 1;
        if (newcomer.let_in >= 0 && static_cast<double>(newcomer.let_in) <= by) right += 1;
      }
      if (newcomer.let_in < 0) continue;
      waits.add(static_cast<double>(newcomer.let_in - newcomer.first_asked), 1);
      if (!newcomer.obedient) continue;
      asked.push_back(static_cast<double>(newcomer.first_asked));
      let_in.push_back(static_cast<double>(newcomer.let_in));
    }
    outcome_.estimates_kept = told > 0 ? right / told : 1;
    outcome_.wait_p50 = waits.quantile(0.5);
    outcome_.wait_p99 = waits.quantile(0.99);
    outcome_.order_kept = rank_correlation(asked, let_in);
    summarise(plan_, outcome_);
  }

  Plan plan_;
  std::unique_ptr<Policy> policy_;
  std::mt19937 random_;
  Server server_;
  double incumbents_;
  std::vector<Newcomer> newcomers_;
  std::vector<std::vector<Due>> events_;
  admission::Grant grant_;
  Outcome outcome_;
  double now_ = 0;
  std::size_t last_tick_ = SIZE_MAX;
  double top_ = 0;
  double low_ = 0;
  double waiting_ = 0;
  std::size_t admitted_ = 0;
  std::size_t admitted_seen_ = 0;
  double refused_ = 0;
  double refused_seen_ = 0;
  double promises_ = 0;
  double promises_kept_ = 0;
  double promises_soon_ = 0;
  double begun_ = 0;  // since the last evaluation: viewers whose beginning is over, and what they were sent
  double begun_bytes_ = 0;
  double busy_seen_ = 0;
  double bytes_seen_ = 0;
  double bytes_sampled_ = 0;
  Figures late_;
  Figures late_sample_;
  Figures starts_;
  std::vector<double> cushions_;
  std::vector<double> stalls_;
};

}  // namespace

Outcome simulate(const Plan& plan, const std::string& policy) { return Simulation{plan, policy}.run(); }

}  // namespace levee::sim
