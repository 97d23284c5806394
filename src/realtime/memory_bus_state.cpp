#include <algorithm>

#include <nlohmann/json.hpp>

#include "levee/realtime/memory_bus.hpp"
#include "levee/realtime/wire.hpp"

namespace levee::realtime {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr int kFormat = 1;

Json json_of(const LogRing& log, TimePoint now) {
  Json all = Json::array();
  for (const auto& [message, id, added] : log.entries()) {
    const auto age = std::chrono::duration_cast<milliseconds>(now - added).count();
    all.push_back({message->offset, message->time_ms, message->body, id, age});
  }
  return all;
}

Json json_of(const RoomRules& rules, std::int64_t now_ms) {
  Json all = Json::array();
  for (const auto& change : rules.changes(now_ms)) {
    Json json{{"user", change.user}};
    if (change.slow_s) json["slow"] = *change.slow_s;
    if (change.least) json["least"] = static_cast<int>(*change.least);
    if (change.ban_s) json["ban"] = *change.ban_s;
    all.push_back(std::move(json));
  }
  return all;
}

Json json_of(const RecordStore& records) {
  Json all = Json::array();
  for (const auto& [record, offset] : records.records())
    all.push_back({{"o", offset}, {"r", encode_records({record})}});
  return all;
}

// These read what json_of wrote; whatever else they are given, they throw Json::exception.
void read_log(const Json& json, TimePoint now, LogRing& log) {
  for (const auto& entry : json) {
    auto message = std::make_shared<Message>();
    message->offset = entry.at(0).get<std::uint64_t>();
    message->time_ms = entry.at(1).get<std::int64_t>();
    message->body = entry.at(2).get<std::string>();
    const milliseconds age{entry.at(4).get<std::int64_t>()};
    log.append(std::move(message), entry.at(3).get<std::string>(), now - age);
  }
}

void read_rules(const Json& json, std::int64_t now_ms, RoomRules& rules) {
  for (const auto& entry : json) {
    RuleChange change;
    change.user = entry.at("user").get<std::string>();
    if (entry.contains("slow")) change.slow_s = entry.at("slow").get<std::int64_t>();
    if (entry.contains("least")) change.least = static_cast<Standing>(entry.at("least").get<int>());
    if (entry.contains("ban")) change.ban_s = entry.at("ban").get<std::int64_t>();
    rules.apply(change, now_ms);
  }
}

void read_records(const Json& json, RecordStore& records) {
  for (const auto& entry : json) {
    auto decoded = decode_records(entry.at("r").get<std::string>());
    if (decoded) records.put(std::move(*decoded), entry.at("o").get<std::uint64_t>());
  }
}

}  // namespace

std::string MemoryBus::save(TimePoint now, std::int64_t now_ms) {
  const std::lock_guard lock{mutex_};
  Json channels = Json::array();
  for (auto& [channel, state] : channels_) {
    state.log.expire(now);
    if (state.log.empty() && state.rules.empty() && state.records.empty() && state.count == 0) continue;
    channels.push_back({{"ch", channel},
                        {"e", state.top.epoch},
                        {"o", state.top.offset},
                        {"log", json_of(state.log, now)},
                        {"rules", json_of(state.rules, now_ms)},
                        {"records", json_of(state.records)},
                        {"count", state.count}});
  }
  const Json saved{{"format", kFormat}, {"saved_ms", now_ms}, {"channels", std::move(channels)}};
  return saved.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool MemoryBus::restore(std::string_view saved, TimePoint now, std::int64_t now_ms) {
  try {
    const auto json = Json::parse(saved);
    const milliseconds age{now_ms - json.at("saved_ms").get<std::int64_t>()};
    if (json.at("format") != kFormat || age > kKept || age < -kKept) return false;
    Channels channels;
    for (const auto& entry : json.at("channels")) {
      auto& state = channels[entry.at("ch").get<std::string>()];
      state.top = {entry.at("e").get<std::string>(), entry.at("o").get<std::uint64_t>()};
      read_log(entry.at("log"), now - std::max(age, milliseconds{0}), state.log);
      read_rules(entry.at("rules"), now_ms, state.rules);
      read_records(entry.at("records"), state.records);
      if (const auto count = entry.value("count", std::uint64_t{0}); count > 0)
        state.held = HeldCount{count, now};
    }
    const std::lock_guard lock{mutex_};
    channels_.merge(channels);
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace levee::realtime
