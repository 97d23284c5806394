// What devices report.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "levee/realtime/hub.hpp"
#include "levee/realtime/session.hpp"

namespace levee::realtime {
namespace {

constexpr Retry kRetry{800, 3000};

/// A report that the bus takes in steps.
struct Taking {
  ReportFixes report;
  int steps_left = 0;
  ErrorCode failed;  ///< the first
};

/// Notes what was received, and gives the sequence up to which nothing is missing that the device still has.
std::uint64_t acknowledge(TrackedDevice& device, const ReportFixes& report) {
  if (device.boot != report.boot) {
    device.boot = report.boot;
    device.received.clear();
  }
  for (const auto& fix : report.fixes) device.received.insert(fix.seq);
  while (device.received.size() > TrackedDevice::kMaxReceived) device.received.erase(device.received.begin());
  const auto lowest = std::ranges::min(report.fixes, {}, &TrackFix::seq).seq;
  const auto from = report.from.value_or(lowest);
  device.received.erase(device.received.begin(), device.received.lower_bound(from));
  std::uint64_t ack = from > 0 ? from - 1 : 0;
  for (const auto seq : device.received) {
    if (seq != ack + 1 && seq != from) break;
    ack = seq;
  }
  return ack;
}

}  // namespace

bool Session::may_report(const ReportFixes& report) const {
  if (hub_.settings_.publish_open) return true;
  if (!identity_.may_publish(report.channel)) return false;
  return identity_.user == report.device || identity_.standing_in(report.channel) >= Standing::moderator;
}

void Session::handle(Number number, ReportFixes& report, const Now& now) {
  const auto parsed = parse_channel(report.channel);
  if (!parsed) return refuse(number, parsed.error());
  if (parsed->kind != Kind::track) return refuse(number, Errc::not_publishable);
  if (!may_report(report)) return refuse(number, Errc::not_publisher);
  auto* place = hold(report.channel, *parsed, now.time);
  if (place == nullptr) return refuse(number, Errc::too_many_channels);
  auto& devices = place->topic->devices;
  if (devices.size() >= kMaxKeys && !devices.contains(report.device))
    return refuse(number, Errc::too_many_channels);
  std::vector<TrackPoint> points;
  for (auto& fix : report.fixes) {
    fix.time_ms = server_time(fix.time_ms, report.sent_ms, now.wall_ms);
    points.push_back({{report.boot, fix.seq}, fix});
  }
  hub_.counters_.track_reports.add(report.fixes.size());
  if (report.backlog) hub_.counters_.track_backlog.add(report.fixes.size());

  const auto& newest = std::ranges::max(report.fixes, {}, &TrackFix::seq);
  const auto record = to_record(FeedKey{report.device,
                                        {report.boot, newest.seq},
                                        newest.time_ms,
                                        newest.next,
                                        KeyMark::none,
                                        0,
                                        encode_fix(newest)});
  const auto taking = std::make_shared<Taking>(Taking{std::move(report), 1, {}});
  const auto step = [&hub = hub_, key = key_, number, taking](ErrorCode error) {
    if (!taking->failed) taking->failed = error;
    if (--taking->steps_left > 0) return;
    auto* session = hub.session(key);
    if (session == nullptr) return;
    session->answer_report(number, taking->report, taking->failed);
    session->connection_.flush();
  };
  const auto& channel = taking->report.channel;
  if (!taking->report.backlog) {  // a backlog is the past: nobody's present changes
    ++taking->steps_left;
    hub_.bus_->put(channel, {record}, [step](const Result<Put>& put) {
      step(!put ? put.error() : put->full > 0 ? ErrorCode{Errc::too_many_channels} : ErrorCode{});
    });
  }
  hub_.bus_->extend_trail(channel, taking->report.device, std::move(points), step);
}

void Session::answer_report(Number number, const ReportFixes& report, ErrorCode failed) {
  const auto retry = failed == Errc::too_many_channels ? std::nullopt : std::optional{kRetry};
  if (failed) return refuse(number, failed, retry, report.channel);
  auto* place = held(report.channel);
  if (place == nullptr) return;
  auto& topic = *place->topic;
  const auto ack = acknowledge(topic.devices[report.device], report);
  if (!number) return;
  const auto& newest = std::ranges::max(report.fixes, {}, &TrackFix::seq);
  const auto* view = topic.topic->feed();
  RateInputs inputs;
  inputs.place = newest.place;
  inputs.speed_mps = newest.speed_mps;
  inputs.motion = newest.motion;
  inputs.battery_percent = newest.battery_percent;
  inputs.watched = !topic.subscribers.empty() || (view != nullptr && is_watched(*view, hub_.now_));
  auto& device = topic.devices[report.device];
  // A backlog says nothing of the present: it is answered by what was decided last.
  auto memory = device.rate;
  const auto directive = direct(hub_.settings_.track_rates, topic.checkpoints, inputs, memory, hub_.now_);
  if (!report.backlog) device.rate = memory;
  push(encode_directive(*number, report.channel, ack, directive));
}

}  // namespace levee::realtime
