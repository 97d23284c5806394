#include "feed_client.hpp"

#include <algorithm>
#include <cstdlib>

namespace levee::simulation {

using nlohmann::json;

void FeedClient::opened(std::int64_t now) {
  open_ = true;
  synced_ = mutant_ == FeedMutant::live_without_sync;
  fresh_ = now;
  pinged_at_ = 0;
  send_(R"({"op":"hello"})");
  subscribe(now);
}

void FeedClient::closed() {
  open_ = false;
  synced_ = false;
}

void FeedClient::subscribe(std::int64_t now) {
  subscribed_at_ = now;
  json request{{"i", 1}, {"op", "sub"}, {"ch", "feed:fx"}};
  if (!epoch_.empty()) request["pos"] = {{"e", epoch_}, {"o", offset_seen_}};
  if (mutant_ != FeedMutant::live_without_sync) synced_ = false;
  in_snapshot_.clear();
  expected_top_ = 0;
  send_(request.dump());
}

bool FeedClient::tick(std::int64_t now) {
  if (!open_) return true;
  if (now - pinged_at_ >= kHeartbeat) {
    pinged_at_ = now;
    send_(json{{"p", now}}.dump());
  }
  if (!synced_ && now - subscribed_at_ > 2 * kTimeout) subscribe(now);
  return mutant_ == FeedMutant::no_heartbeat_timeout || now - fresh_ <= 2 * kTimeout;
}

void FeedClient::received(const std::string& text, std::int64_t now) {
  const auto message = json::parse(text);
  if (mutant_ == FeedMutant::any_frame_is_fresh) fresh_ = now;
  if (message.contains("p") && message.contains("t") && !message.contains("r"))
    return take_pong(message["p"].get<std::int64_t>(), message["t"].get<std::int64_t>(), now);
  if (message.contains("hb")) {
    fresh_at(message["hb"]["t"].get<std::int64_t>(), now);
    if (message["hb"].contains("top")) take_top(message["hb"]["top"]["feed:fx"], now);
  } else if (message.contains("sync")) {
    take_sync(message["sync"]);
  } else if (message.contains("r")) {
    take_frame(message, now);
  }
}

void FeedClient::take_frame(const json& message, std::int64_t now) {
  const bool snapshot = message.contains("s");
  if (!snapshot && !synced_) return;  // what comes before the sync is of a subscription that was given up
  if (!snapshot && message["p"] != offset_seen_ && mutant_ != FeedMutant::no_gap_check) return subscribe(now);
  if (message.contains("v")) {
    for (auto& [name, key] : keys_) {
      if (!key.stale) key.vouched = std::max(key.vouched, message["v"].get<std::int64_t>());
    }
    fresh_at(message["v"].get<std::int64_t>(), now);
  }
  for (const auto& record : message["r"]) {
    take_record(record, message);
    if (record.contains("t")) fresh_at(record["t"].get<std::int64_t>(), now);
  }
  if (!snapshot) offset_seen_ = message["o"].get<std::uint64_t>();
}

void FeedClient::take_record(const json& record, const json& frame) {
  const auto name = record["k"].get<std::string>();
  auto& key = keys_[name];
  if (record.contains("q")) {
    const realtime::Version version{record["q"][0].get<std::uint64_t>(), record["q"][1].get<std::uint64_t>()};
    if (frame.contains("s")) in_snapshot_[name] = version;
    if (version < key.version && mutant_ != FeedMutant::no_watermark) {
      key.stale = true;  // the server has forgotten what we have seen: nothing it says of it is news
      return;
    }
    key.version = version;
    key.time = record["t"].get<std::int64_t>();
    key.ttl = record["ttl"].get<std::int64_t>();
    key.vouched = key.time;
  }
  if (record.contains("v")) key.vouched = std::max(key.vouched, record["v"].get<std::int64_t>());
  key.stale = record.contains("x");
}

void FeedClient::take_sync(const json& sync) {
  if (sync["recovered"] != true) {
    for (auto& [name, key] : keys_) {
      if (!in_snapshot_.contains(name)) key.stale = true;
    }
    if (mutant_ == FeedMutant::forgets)
      std::erase_if(keys_, [&](const auto& entry) { return !in_snapshot_.contains(entry.first); });
  }
  epoch_ = sync["e"].get<std::string>();
  offset_seen_ = sync["o"].get<std::uint64_t>();
  synced_ = true;
}

void FeedClient::take_top(const json& top, std::int64_t now) {
  if (!synced_ || mutant_ == FeedMutant::no_gap_check) return;
  // What is ahead may be under way: it has to be here by the next heartbeat.
  if (top[0] != epoch_ || (expected_top_ != 0 && offset_seen_ < expected_top_)) return subscribe(now);
  expected_top_ = top[1].get<std::uint64_t>();
}

void FeedClient::take_pong(std::int64_t sent, std::int64_t server, std::int64_t now) {
  const auto error = (now - sent) / 2;
  if (now - sent > kLagMax) return;
  // The best sample counts, ageing by the drift that clocks have.
  if (!offset_ || error <= error_ + 1) {
    offset_ = server - (sent + now) / 2;
    error_ = error;
  } else {
    ++error_;
  }
  fresh_at(server, now);
}

void FeedClient::fresh_at(std::int64_t server_time, std::int64_t now) {
  if (!offset_) return;
  if (server_now(now) - server_time <= kLagMax) fresh_ = now;
}

bool FeedClient::live(const std::string& name, std::int64_t now) const {
  const auto found = keys_.find(name);
  if (found == keys_.end() || !open_ || !synced_ || !offset_ || found->second.stale) return false;
  const auto& key = found->second;
  if (mutant_ != FeedMutant::no_heartbeat_timeout && now - fresh_ > kTimeout) return false;
  if (mutant_ == FeedMutant::no_age) return true;
  return server_now(now) + error_ - key.vouched <= key.ttl;
}

}  // namespace levee::simulation
