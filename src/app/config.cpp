#include "levee/app/config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <spdlog/fmt/fmt.h>

#include "levee/redis/settings.hpp"

#include "app/feed_config.hpp"

namespace levee::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void bind_process(SettingsTable& table, Config& config) {
  static const std::vector<std::string> kLevels{"trace", "debug", "info", "warn", "error", "off"};
  table.choice("log.level", kLevels, [&config](std::size_t i) { config.log.level = kLevels[i]; });
  table.choice("log.format", {"text", "json"},
               [&config](std::size_t i) { config.log.format = static_cast<log::Format>(i); });
  table.number("server.threads", config.threads, 0, 256);
  table.number("server.ingest_threads", config.ingest_threads, 1, 256);
}

std::string take_publish_key(Config& config, const toml::table& entry) {
  const auto key = entry["key"].value_exact<std::string>();
  const auto name = entry["name"].value_exact<std::string>();
  if (!key || key->empty() || key->size() > 256) return "needs a key of 1 to 256 bytes in each entry";
  if (!name || name->empty()) return "needs the name of its stream in each entry";
  if (entry.size() != 2) return "takes key and name alone in each entry";
  for (const auto& other : config.publish_keys) {
    if (other.key == *key) return "names a key twice";
  }
  config.publish_keys.push_back({*key, *name});
  return {};
}

void bind_publish(SettingsTable& table, Config& config) {
  table.boolean("publish.open", config.publish_open);
  table.list(
      "publish.keys", [&config] { config.publish_keys.clear(); },
      [&config](const toml::table& entry) { return take_publish_key(config, entry); });
  table.time<seconds>("stream.grace_s", config.stream.grace, 0, 3600);
  table.time<milliseconds>("stream.takeover_after_ms", config.stream.takeover_after, 0, 60'000);
  table.number("stream.max_streams", config.stream.max_streams, 1, 100'000);
}

void bind_hls(SettingsTable& table, Config& config) {
  constexpr media::MediaTime kMillisecond = media::kTimescale / 1000;
  auto& hls = config.stream.hls;
  table.whole("hls.segment_ms", 1000, 10'000,
              [&hls](std::int64_t value) { hls.segment = value * kMillisecond; });
  // To the nearest 100 ticks, so that 333 ms is a third of a second.
  table.whole("hls.part_ms", 100, 2000,
              [&hls](std::int64_t value) { hls.part = (value * kMillisecond + 50) / 100 * 100; });
  table.whole("hls.part_hold_back_ms", 0, 10'000,
              [&hls](std::int64_t value) { hls.hold_back = value * kMillisecond; });
  table.whole("hls.window_s", 10, 3600,
              [&hls](std::int64_t value) { hls.window = value * media::kTimescale; });
}

std::string take_rung(media::Ladder& ladder, const toml::table& entry) {
  media::Rung rung;
  SettingsTable fields{"a rung"};
  fields.text("name", rung.name, 16);
  fields.number("height", rung.height, 64, 4320);
  fields.number("bitrate_bps", rung.bitrate, 50'000, 100'000'000);
  fields.number("max_frame_rate", rung.max_frame_rate, 1, 240);
  fields.text("preset", rung.preset, 16);
  fields.read_table(entry, "rung");
  if (!fields.faults().empty()) return "has a wrong entry: " + fields.faults().front();
  if (rung.height == 0 || rung.bitrate == 0) return "needs height and bitrate_bps in each entry";
  if (rung.name.empty()) rung.name = fmt::format("{}p", rung.height);
  ladder.rungs.push_back(rung);
  return {};
}

void bind_ladder(SettingsTable& table, Config& config) {
  table.boolean("ladder.enabled", config.transcode.ladder.enabled);
  table.boolean("ladder.audio_only", config.transcode.ladder.audio_only);
  table.list(
      "ladder.rungs", [&config] { config.transcode.ladder.rungs.clear(); },
      [&config](const toml::table& entry) { return take_rung(config.transcode.ladder, entry); });
}

void bind_transcode(SettingsTable& table, Config& config) {
  auto& transcode = config.transcode;
  table.number("ladder.niceness", transcode.niceness, 0, 19);
  table.boolean("ladder.idle_only", transcode.idle_only);
  table.time<milliseconds>("ladder.queue_ms", transcode.queue_time, 100, 10'000);
}

void bind_ingest(SettingsTable& table, Config& config) {
  auto& rtmp = config.ingest.rtmp;
  table.boolean("rtmp.enabled", rtmp.enabled);
  table.text("rtmp.address", rtmp.address, 64);
  table.number("rtmp.port", rtmp.port, 0, 65535);
  table.text("rtmp.app", rtmp.app, 64);
  table.time<seconds>("rtmp.publish_timeout_s", rtmp.publish_timeout, 1, 600);
  table.time<seconds>("rtmp.idle_timeout_s", rtmp.idle_timeout, 1, 600);
  table.time<seconds>("rtmp.write_timeout_s", rtmp.write_timeout, 1, 600);
  table.number("rtmp.max_connections", rtmp.max_connections, 1, 100'000);
  table.number("rtmp.max_waiting_per_address", rtmp.max_waiting_per_address, 1, 100'000);
  auto& srt = config.ingest.srt;
  table.boolean("srt.enabled", srt.enabled);
  table.text("srt.address", srt.address, 64);
  table.number("srt.port", srt.port, 0, 65535);
  table.time<milliseconds>("srt.latency_ms", srt.latency, 20, 10'000);
  table.time<seconds>("srt.idle_timeout_s", srt.idle_timeout, 1, 600);
  table.number("srt.max_connections", srt.max_connections, 1, 10'000);
  table.number("srt.input_bytes", srt.input_bytes, 65'536, 1 << 30);
}

void bind_delivery(SettingsTable& table, Config& config) {
  auto& http = config.delivery;
  table.text("http.address", http.address, 64);
  table.number("http.port", http.port, 0, 65535);
  table.text("http.web_root", http.web_root, 4096);
  table.number("http.backlog", http.backlog, 1, 1'000'000);
  table.text("http.congestion_control", http.congestion_control, 15);
  table.number("http.max_connections", http.max_connections, 1, 1'000'000);
  table.number("http.max_parked", http.max_parked, 1, 1'000'000);
  table.number("http.head_limit_bytes", http.head_limit_bytes, 1024, 65'536);
  table.time<seconds>("http.idle_timeout_s", http.idle_timeout, 1, 3600);
  table.time<seconds>("http.head_timeout_s", http.head_timeout, 1, 600);
  table.time<seconds>("http.write_timeout_s", http.write_timeout, 1, 600);
  table.boolean("admission.enabled", http.admission);
  table.number("admission.max_newcomers_per_s", http.max_newcomers_per_s, 0, 1'000'000);
  table.text("admin.address", http.admin_address, 64);
  table.number("admin.port", http.admin_port, 0, 65535);
  table.boolean("viewers.sessions", http.sessions);
  table.text("viewers.token_key", http.token_key, 256);
  table.time<seconds>("viewers.timeout_s", http.viewer_timeout, 5, 600);
}

void bind_realtime(SettingsTable& table, Config& config) {
  auto& realtime = config.realtime;
  table.number("realtime.max_connections", realtime.max_connections, 1, 1'000'000);
  table.number("realtime.takes_back_per_s", realtime.hub.takes_back_per_second, 1, 1'000'000);
  table.number("realtime.resumes_per_s", realtime.hub.hellos.resume, 1, 1'000'000);
  table.number("realtime.known_per_s", realtime.hub.hellos.known, 1, 1'000'000);
  table.number("realtime.newcomers_per_s", realtime.hub.hellos.cold, 1, 1'000'000);
  table.texts("chat.blocked_words", config.blocked_words, 10'000);
  table.number("chat.max_per_s", config.realtime.hub.log_rate, 0, 10'000);
  table.text("auth.hs256_secret", config.identities.hs256_secret, 1024);
  table.text("auth.ed25519_public_key", config.identities.ed25519_public_key, 1024);
}

void bind_bus(SettingsTable& table, Config& config) {
  table.text("bus.redis_url", config.redis_url, 1024);
  table.text("bus.redis_ca_file", config.redis_ca_file, 4096);
  table.text("bus.state_file", config.bus_state_file, 4096);
}

/// What no single key can tell is wrong.
void check_together(const Config& config, std::vector<Fault>& faults) {
  if (!config.redis_url.empty()) {
    const auto address = redis::parse_url(config.redis_url);
    if (!address) faults.push_back("bus.redis_url: " + address.error().message());
  }
  try {
    const delivery::JsonWebTokens understood{config.identities};
  } catch (const std::invalid_argument& wrong) {
    faults.push_back(fmt::format("auth.ed25519_public_key is {}", wrong.what()));
  }
  const auto& hls = config.stream.hls;
  if (hls.part * 2 > hls.segment) faults.push_back("hls.part_ms must be at most half of hls.segment_ms");
  if (hls.window < 6 * hls.segment) faults.push_back("hls.window_s must be at least 6 times hls.segment_ms");
  std::vector<std::string> names{std::string{media::kSourceRendition}, std::string{media::kAudioRendition}};
  for (const auto& rung : config.transcode.ladder.rungs) {
    if (std::find(names.begin(), names.end(), rung.name) != names.end()) {
      faults.push_back(
          fmt::format("ladder.rungs names \"{}\" twice, or it is a name of levee's own", rung.name));
    }
    names.push_back(rung.name);
  }
}

}  // namespace

SettingsTable settings_of(Config& config) {
  SettingsTable table;
  bind_process(table, config);
  bind_publish(table, config);
  bind_hls(table, config);
  bind_ladder(table, config);
  bind_transcode(table, config);
  bind_ingest(table, config);
  bind_delivery(table, config);
  bind_realtime(table, config);
  bind_feeds(table, config);
  bind_bus(table, config);
  return table;
}

LoadedConfig load_config(const CommandLine& line, const char* const* environment) {
  LoadedConfig loaded;
  auto table = settings_of(loaded.config);
  std::vector<Fault> unreadable;
  if (line.config_file) {
    std::ifstream file{*line.config_file, std::ios::binary};
    std::ostringstream text;
    if (file && text << file.rdbuf()) {
      table.read_toml(text.str(), std::filesystem::path{*line.config_file}.filename().string());
    } else {
      unreadable.push_back(fmt::format("{}: cannot be read", *line.config_file));
    }
  }
  table.read_environment(environment);
  for (const auto& [key, value] : line.overrides) table.set(key, value, "--set");
  loaded.faults = table.faults();
  loaded.faults.insert(loaded.faults.end(), unreadable.begin(), unreadable.end());
  if (loaded.faults.empty()) check_together(loaded.config, loaded.faults);
  return loaded;
}

}  // namespace levee::app
