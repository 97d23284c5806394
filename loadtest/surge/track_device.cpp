#include "surge/track_device.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "levee/base/unix_time.hpp"

#include "surge/realtime_text.hpp"

namespace levee::surge {
namespace {

using std::chrono::milliseconds;

constexpr Duration kUntilTold = std::chrono::seconds{2};
constexpr Duration kOnTheWay = std::chrono::seconds{2};  // what a promise has over the interval
constexpr Duration kGrace = std::chrono::seconds{10};
constexpr Duration kGrain = milliseconds{3};  // the protocol's times are whole milliseconds
constexpr std::size_t kReportsAMessage = 18;  // of 4096 bytes
constexpr double kRadiusM = 300;
constexpr double kMetresADegree = 111'195;

std::int64_t ms(Duration time) { return std::chrono::duration_cast<milliseconds>(time).count(); }

}  // namespace

DeviceState device_state(Duration age, Duration promise) {
  if (age <= promise) return DeviceState::live;
  return age <= promise * 2 + kGrace ? DeviceState::aging : DeviceState::stale;
}

std::optional<DeviceState> freshest_state(DeviceTruth& truth, std::uint64_t number, TimePoint now) {
  const auto* said = truth.said.find(number);
  const auto promise = truth.promises.find(number);
  if (said == nullptr || promise == truth.promises.end()) return DeviceState::stale;
  if (said->taken == TimePoint::max()) return {};
  // The server dates it by what the message says of itself: without its way, which took so long at most.
  const auto on_its_way = said->taken - said->sent;
  return device_state(now - said->at - on_its_way - kGrain, promise->second);
}

TrackDevice::TrackDevice(Network& network, const RealtimePlace& place, TrackReport& report,
                         DeviceTruth& truth, const TrackClients& settings, std::uint32_t index,
                         std::uint32_t seed)
    : RealtimeClient{network, place, report, seed},
      network_{network},
      report_{report},
      truth_{truth},
      settings_{settings},
      index_{index},
      interval_{kUntilTold} {}

void TrackDevice::report_from(TimePoint begin) {
  begun_ = begin;
  network_.wheel().schedule(pulse_, begin);
}

void TrackDevice::make_report(TimePoint due, TimePoint now) {
  auto& said = truth_.said.add();
  said.at = due;
  truth_.promises[said.number] = interval_ + kOnTheWay;
  truth_.promises.erase(said.number - SaidRing::kKept);
  kept_.insert(said.number);
  reported_ = due;
  network_.wheel().schedule(pulse_, due + interval_);
  if (open()) send_reports({said.number}, false, now);
}

void TrackDevice::welcomed(TimePoint now) {
  send_kept(now);
  if (kept_.empty()) caught_up(now);
}

/// The present alone and first; then what was kept, newest first.
void TrackDevice::send_kept(TimePoint now) {
  if (kept_.empty()) return;
  const std::vector<std::uint64_t> all{kept_.rbegin(), kept_.rend()};
  send_reports({all.front()}, false, now);
  for (std::size_t at = 1; at < all.size(); at += kReportsAMessage) {
    const auto end = std::min(at + kReportsAMessage, all.size());
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
    send_reports({first, all.begin() + static_cast<std::ptrdiff_t>(end)}, true, now);
  }
}

void TrackDevice::send_reports(const std::vector<std::uint64_t>& numbers, bool past, TimePoint now) {
  const auto wall_ms = unix_ms();
  const auto request = ++request_;
  std::string reports;
  for (const auto number : numbers) {
    reports += (reports.empty() ? "" : ",") + report_text(number, now, wall_ms);
    auto* said = truth_.said.find(number);
    if (said == nullptr) continue;
    // One that went as the present before may have become it.
    if (said->sent == TimePoint{}) said->past = past;
    said->sent = now;
    ++report_.sent;
    if (past) ++report_.backlog;
  }
  asked_[request] = numbers;
  send(fmt::format(R"({{"i":{},"op":"loc","ch":"{}","dev":"d{}","b":{},"now":{},"from":{},{}"r":[{}]}})",
                   request, settings_.channel, index_, truth_.boot, wall_ms, *kept_.begin(),
                   past ? R"("bf":1,)" : "", reports));
}

std::string TrackDevice::report_text(std::uint64_t number, TimePoint now, std::int64_t wall_ms) const {
  const auto* said = std::as_const(truth_).said.find(number);
  const auto at = said != nullptr ? said->at : now;
  const auto promise = truth_.promises.find(number);
  const auto nx = promise == truth_.promises.end() ? interval_ + kOnTheWay : promise->second;
  const auto driven = settings_.speed_mps * std::chrono::duration<double>(at - begun_).count();
  const auto angle = driven / kRadiusM + index_;
  const auto heading = std::fmod(angle * 180 / std::numbers::pi + 90, 360);
  return fmt::format(
      R"({{"s":{},"t":{},"lat":{:.6f},"lon":{:.6f},"acc":6,"spd":{:.1f},"hdg":{:.0f},"bat":80,"m":"moving","nx":{}}})",
      number, wall_ms - ms(now - at), 59.3 + kRadiusM * std::cos(angle) / kMetresADegree,
      18.0 + kRadiusM * std::sin(angle) / kMetresADegree * 2, settings_.speed_mps, heading, ms(nx));
}

void TrackDevice::heard(std::string_view text, TimePoint now) {
  const auto number = number_after(text, R"({"i":)");
  const auto found = asked_.find(static_cast<std::uint64_t>(number.value_or(0)));
  if (found == asked_.end()) return;
  const auto numbers = found->second;
  asked_.erase(found);
  if (text.find(R"("err":)") != std::string_view::npos) {
    ++report_.refused;  // they are kept, and go with the next connection
    return;
  }
  taken(numbers, now);
  if (std::find(numbers.begin(), numbers.end(), truth_.said.last()) != numbers.end()) obey(text, now);
  if (kept_.empty()) caught_up(now);
}

void TrackDevice::taken(const std::vector<std::uint64_t>& numbers, TimePoint now) {
  for (const auto number : numbers) {
    if (kept_.erase(number) == 0) continue;
    ++report_.acknowledged;
    auto* said = truth_.said.find(number);
    if (said == nullptr) continue;
    said->taken = now;
    auto* before = said->past ? nullptr : truth_.said.find(number - 1);
    for (; before != nullptr && before->superseded == TimePoint::max();
         before = truth_.said.find(before->number - 1))
      before->superseded = now;
  }
}

void TrackDevice::obey(std::string_view text, TimePoint) {
  const auto next = number_after(text, R"("next":)");
  if (!next) return;
  const Duration told = milliseconds{*next};
  report_.next.record(told);
  const auto promised = interval_;
  interval_ = told;
  // What was promised is kept, whatever is asked for now.
  network_.wheel().schedule(pulse_, reported_ + std::min(told, promised));
}

void TrackDevice::gone(TimePoint) { asked_.clear(); }

}  // namespace levee::surge
