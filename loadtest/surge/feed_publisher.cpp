#include "surge/feed_publisher.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "surge/realtime_text.hpp"

namespace levee::surge {
namespace {

constexpr Duration kPulse = std::chrono::milliseconds{20};  // a server takes 100 messages a second
constexpr std::size_t kRecordsAMessage = 40;                // of 4096 bytes
constexpr std::uint64_t kOldOneIn = 40;

std::int64_t ms(Duration time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); }

}  // namespace

FeedPublisher::FeedPublisher(Network& network, const RealtimePlace& place, FeedReport& report, Feed& feed,
                             const FeedClients& settings, std::uint32_t seed)
    : RealtimeClient{network, place, report, seed},
      network_{network},
      report_{report},
      feed_{feed},
      settings_{settings},
      every_{std::chrono::duration_cast<Duration>(
          std::chrono::duration<double>(1 / settings.records_per_second))} {}

void FeedPublisher::publish_from(TimePoint begin) {
  next_record_ = next_vouching_ = begin;
  network_.wheel().schedule(pulse_, begin);
}

void FeedPublisher::welcomed(TimePoint) { begin_session(); }

void FeedPublisher::begin_session() {
  may_speak_ = false;
  opening_ = ++request_;
  send(fmt::format(R"({{"i":{},"op":"src","ch":"{}","e":{}}})", opening_, feed_.channel, feed_.epoch));
}

void FeedPublisher::heard(std::string_view text, TimePoint now) {
  constexpr std::string_view kFeedLost = R"("c":4092)";
  const bool refused = text.find(R"("err":)") != std::string_view::npos;
  const auto number = number_after(text, R"({"i":)");
  const auto request = static_cast<std::uint64_t>(number.value_or(0));
  if (refused) {
    ++report_.refused;
    feed_.truth.refused(request);
    if (text.find(kFeedLost) != std::string_view::npos || request == opening_) begin_session();
    return;
  }
  if (!number) return;
  feed_.truth.taken(request, now);
  if (request == opening_) say_all();
  if (request == syncing_) caught_up(now);
}

/// What it has of every key, then that this is all: from then on it counts.
void FeedPublisher::say_all() {
  std::string records;
  std::size_t count = 0;
  auto request = ++request_;
  const auto flush = [&] {
    if (!records.empty()) send_records(request, records);
    records.clear();
    count = 0;
    request = ++request_;
  };
  for (std::size_t key = 0; key < settings_.keys; ++key) {
    if (feed_.truth.newest(key) == 0) continue;
    records += record(key, feed_.truth.newest(key)) + ",";
    feed_.truth.confirm(key, request);
    if (++count == kRecordsAMessage) flush();
  }
  flush();
  syncing_ = request;
  send(fmt::format(R"({{"i":{},"op":"synced","ch":"{}"}})", syncing_, feed_.channel));
  may_speak_ = true;
}

void FeedPublisher::say_due(TimePoint now) {
  network_.wheel().schedule(pulse_, std::max(next_record_, now + kPulse));
  if (!may_speak_) {  // what it would have said is not said later
    next_record_ = std::max(next_record_, now);
    return;
  }
  while (next_record_ <= now) {
    std::string records;
    const auto request = ++request_;
    for (std::size_t i = 0; i < kRecordsAMessage && next_record_ <= now; ++i, next_record_ += every_) {
      report_.late.record(now - next_record_);
      const auto key = next_key_++ % settings_.keys;
      const auto before = feed_.truth.newest(key);
      const auto number = feed_.truth.say(key, request, next_record_, now);
      records += record(key, number) + ",";
      ++report_.sent;
      if (before > 0 && number % kOldOneIn == 0) {
        records += record(key, before) + ",";
        ++report_.old_sent;
      }
    }
    send_records(request, records);
  }
  if (now >= next_vouching_) vouch(now);
}

void FeedPublisher::vouch(TimePoint now) {
  next_vouching_ = now + settings_.ttl / 3;
  const auto request = ++request_;
  feed_.truth.confirm_all(request);
  send(fmt::format(R"({{"i":{},"op":"alive","ch":"{}"}})", request, feed_.channel));
}

void FeedPublisher::send_records(std::uint64_t request, const std::string& records) {
  send(fmt::format(R"({{"i":{},"op":"pub","ch":"{}","r":[{}]}})", request, feed_.channel,
                   std::string_view{records}.substr(0, records.size() - 1)));
}

std::string FeedPublisher::record(std::size_t key, std::uint64_t number) const {
  return fmt::format(R"({{"k":"k{}","s":{},"ttl":{},"d":{{"n":{}}}}})", key, number, ms(settings_.ttl),
                     number);
}

void FeedPublisher::gone(TimePoint now) {
  if (may_speak_) feed_.lost_at = now;
  may_speak_ = false;
  opening_ = syncing_ = 0;
  feed_.truth.lost(now);
}

}  // namespace levee::surge
