#include "fanout/runs.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "fanout/processor_time.hpp"

namespace levee::fanout {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using Json = nlohmann::json;
using Stage = Client::Stage;
using Event = Swarm::Event;

constexpr Duration kRedial = milliseconds{20};  ///< after a refusal, for all of them
constexpr Duration kWarmUp = milliseconds{500};
constexpr std::size_t kInFlight = 16;  ///< while some stall
constexpr Duration kPoll = milliseconds{10};

double seconds_of(Duration time) { return duration<double>{time}.count(); }
Duration from_seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(duration<double>{seconds});
}

Json quantiles(const surge::Histogram& delays) {
  return {{"count", delays.count()},
          {"p50_s", seconds_of(delays.quantile(0.5))},
          {"p99_s", seconds_of(delays.quantile(0.99))},
          {"p999_s", seconds_of(delays.quantile(0.999))},
          {"max_s", seconds_of(delays.max())}};
}

}  // namespace

Runs::Watch Runs::watch() const { return {Clock::now(), processor_time_of(servers_), own_processor_time()}; }

Json Runs::figures(const Watch& since) const {
  const auto time = seconds_of(Clock::now() - since.from);
  const auto own = seconds_of(own_processor_time() - since.own);
  const auto servers = seconds_of(processor_time_of(servers_) - since.servers);
  return {{"seconds", time},
          {"server_cpu_s", servers},
          {"server_busy", servers / time},
          {"generator_busy", own / time},
          {"generator_limited", own / time >= kLimit},
          {"refused", swarm_.refused()}};
}

Json Runs::deliveries(const Watch& since) {
  auto json = figures(since);
  const auto window = swarm_.log().take_window();
  json["deliveries"] = window.deliveries;
  json["misplaced"] = window.misplaced;
  surge::Histogram all;
  for (const auto& group : window.delays) {
    json["groups"].push_back(quantiles(group));
    all.merge(group);
  }
  json["delay"] = quantiles(all);
  return json;
}

template <class Done>
void Runs::poll_until(Done done, const char* what) {
  const auto end = Clock::now() + kPatience;
  while (!done()) {
    if (Clock::now() > end) throw std::runtime_error{std::string{"waited too long: "} + what};
    swarm_.poll(kPoll);
  }
}

Json Runs::connect(std::size_t count) {
  swarm_.drop_all();
  count_ = std::min(count, swarm_.size());
  std::size_t dialed = 0;
  std::size_t open = 0;
  std::size_t failed = 0;
  const auto dial_next = [&] {
    if (dialed < count_) swarm_.dial(swarm_.client(dialed++));
  };
  swarm_.on_event([&](Client&, Event event) {
    if (event == Event::upgraded) ++open;
    if (event == Event::refused || event == Event::lost) ++failed;
    dial_next();
  });
  const auto since = watch();
  for (std::size_t i = 0; i < kDialing; ++i) dial_next();
  poll_until([&] { return open + failed >= count_; }, "connections");
  auto json = figures(since);
  json["connected"] = open;
  json["failed"] = failed;
  return json;
}

Json Runs::join() {
  std::size_t asked = 0;
  std::size_t joined = 0;
  std::size_t lost = 0;
  swarm_.on_event([&](Client&, Event event) { ++(event == Event::joined ? joined : lost); });
  const auto since = watch();
  poll_until(
      [&] {
        while (asked < count_ && asked < joined + lost + kDialing) swarm_.join(swarm_.client(asked++));
        return joined + lost >= count_;
      },
      "clients to join");
  auto json = figures(since);
  json["joined"] = joined;
  json["lost"] = lost;
  swarm_.log().expect(joined);
  return json;
}

Json Runs::resume(std::uint64_t missed) {
  swarm_.drop_all();
  return bring_back(missed, true);
}

Json Runs::come_back(std::uint64_t missed) {
  auto json = bring_back(missed, false);
  json.erase("server_cpu_s");  // the process that was watched is gone
  json.erase("server_busy");
  return json;
}

Json Runs::bring_back(std::uint64_t missed, bool already_away) {
  std::size_t back = 0;
  std::size_t recovered = 0;
  std::uint64_t replayed = 0;
  std::deque<Client*> away;
  std::size_t dialing = 0;
  TimePoint dial_from{};
  std::optional<Watch> since;
  if (already_away) {
    since = watch();
    for (std::size_t i = 0; i < count_; ++i) away.push_back(&swarm_.client(i));
  }
  swarm_.on_event([&](Client& client, Event event) {
    switch (event) {
      case Event::joined:
        ++back;
        recovered += client.recovered ? 1 : 0;
        replayed += client.frames;
        return;
      case Event::upgraded:
        if (!since) since = watch();
        --dialing;
        return swarm_.join(client, missed);
      case Event::refused:
        --dialing;
        dial_from = Clock::now() + kRedial;
        away.push_back(&client);
        return;
      case Event::lost:
        away.push_back(&client);
    }
  });
  swarm_.log().take_window();
  poll_until(
      [&] {
        for (; !away.empty() && dialing < kDialing && Clock::now() >= dial_from; away.pop_front()) {
          ++dialing;
          swarm_.dial(*away.front());
        }
        return back >= count_;
      },
      "clients to come back");
  auto json = figures(since.value_or(watch()));
  json["back"] = back;
  json["recovered"] = recovered;
  json["replayed"] = replayed;
  json["misplaced"] = swarm_.log().take_window().misplaced;
  return json;
}

void Runs::publish(TimePoint due) {
  // All in turn: levee lets a person write once a second. Only on the first port, where there are several.
  for (std::size_t tries = 0; tries < count_; ++tries) {
    auto& client = swarm_.client(next_publisher_);
    next_publisher_ = (next_publisher_ + 1) % (count_ - sleepers_);
    if (client.cursor.group == 0 && client.stage == Stage::joined) return swarm_.publish(client, due);
  }
  throw std::runtime_error{"nobody is left to publish"};
}

Json Runs::at_rate(double per_second, double seconds) {
  swarm_.on_event([](Client&, Event) {});
  swarm_.log().take_window();
  const auto since = watch();
  const auto total = static_cast<std::uint64_t>(per_second * seconds);
  const auto first = swarm_.log().sent_count();
  Duration latest{};
  for (std::uint64_t i = 0; i < total; ++i) {
    const auto due = since.from + from_seconds(static_cast<double>(i) / per_second);
    for (auto now = Clock::now(); now < due; now = Clock::now()) swarm_.poll(due - now);
    latest = std::max(latest, Clock::now() - due);
    publish(due);
  }
  const auto end = Clock::now() + std::chrono::seconds{5};
  while (swarm_.log().missing() > 0 && Clock::now() < end) swarm_.poll(kPoll);
  auto json = deliveries(since);
  json["sent"] = swarm_.log().sent_count() - first;
  json["missing"] = swarm_.log().missing();
  json["sent_late_s"] = seconds_of(latest);
  return json;
}

Json Runs::saturate(std::size_t in_flight, double seconds) {
  swarm_.on_event([](Client&, Event) {});
  auto& log = swarm_.log();
  const auto keep_flying = [&](Duration time) {
    for (const auto end = Clock::now() + time; Clock::now() < end; swarm_.poll(milliseconds{1}))
      while (log.sent_count() < log.complete() + in_flight) publish(Clock::now());
  };
  keep_flying(kWarmUp);
  log.take_window();
  const auto since = watch();
  keep_flying(from_seconds(seconds));
  auto json = deliveries(since);
  const auto end = Clock::now() + std::chrono::seconds{5};
  while (log.missing() > 0 && Clock::now() < end) swarm_.poll(kPoll);
  json["missing"] = log.missing();
  return json;
}

Json Runs::stall(std::size_t sleepers, std::size_t messages) {
  swarm_.on_event([](Client&, Event) {});
  sleepers_ = std::min(sleepers, count_ - 1);
  next_publisher_ = 0;
  auto& log = swarm_.log();
  log.expect(count_ - sleepers_);
  for (std::size_t i = count_ - sleepers_; i < count_; ++i) swarm_.set_asleep(swarm_.client(i), true);
  const auto since = watch();
  const auto last = log.sent_count() + messages;
  poll_until(
      [&] {
        while (log.sent_count() < std::min(last, log.complete() + kInFlight)) publish(Clock::now());
        return log.complete() >= last;
      },
      "the others to be given all");
  auto json = deliveries(since);
  json["sleepers"] = sleepers_;
  return json;
}

Json Runs::wake() {
  std::size_t lost = 0;
  swarm_.on_event([&](Client&, Event event) { lost += event == Event::lost ? 1 : 0; });
  const auto since = watch();
  swarm_.log().take_window();
  const auto first = count_ - sleepers_;
  for (std::size_t i = first; i < count_; ++i) swarm_.set_asleep(swarm_.client(i), false);
  for (std::size_t i = first; i < count_; ++i) swarm_.client(i).cursor.counts = false;
  const auto all = [&](auto done) {
    for (std::size_t i = first; i < count_; ++i)
      if (!done(swarm_.client(i))) return false;
    return true;
  };
  poll_until(
      [&] { return lost > 0 || all([&](const Client& c) { return c.cursor.next >= swarm_.log().end(); }); },
      "those who stalled to be brought up to date");
  auto json = figures(since);
  json["lost"] = lost;
  json["misplaced"] = swarm_.log().take_window().misplaced;
  std::uint64_t frames = 0;
  std::uint64_t gaps = 0;
  for (std::size_t i = first; i < count_; ++i) {
    frames += swarm_.client(i).frames;
    gaps += swarm_.client(i).gaps;
  }
  json["frames"] = frames;
  json["gaps"] = gaps;
  sleepers_ = 0;
  return json;
}

}  // namespace levee::fanout
