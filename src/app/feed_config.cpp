#include "app/feed_config.hpp"

#include <chrono>
#include <utility>

#include "levee/realtime/channel.hpp"
#include "levee/realtime/text_rules.hpp"

namespace levee::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string take_checkpoint(std::vector<realtime::Checkpoint>& checkpoints, const toml::table& entry) {
  realtime::Checkpoint checkpoint;
  const auto name = entry["name"].value_exact<std::string>();
  const auto latitude = entry["lat"].value<double>();
  const auto longitude = entry["lon"].value<double>();
  checkpoint.group = entry["group"].value_exact<std::string>().value_or("");
  checkpoint.radius_m = entry["radius_m"].value<double>().value_or(50);
  if (!name || !realtime::is_identifier(*name, 64)) return "needs a name of A-Z a-z 0-9 _ - . in each entry";
  if (!checkpoint.group.empty() && !realtime::is_identifier(checkpoint.group, realtime::kMaxChannelName))
    return "names a group that can't be one";
  const bool on_earth =
      latitude && longitude && *latitude >= -90 && *latitude <= 90 && *longitude >= -180 && *longitude <= 180;
  if (!on_earth) return "needs lat (-90 to 90) and lon (-180 to 180) in each entry";
  if (!(checkpoint.radius_m >= 1 && checkpoint.radius_m <= 10'000)) return "takes a radius_m of 1 to 10000";
  for (const auto& [key, value] : entry) {
    const auto known = key == "name" || key == "group" || key == "lat" || key == "lon" || key == "radius_m";
    if (!known) return "takes group, name, lat, lon and radius_m alone in each entry";
  }
  checkpoint.name = *name;
  checkpoint.place = {*latitude, *longitude};
  checkpoints.push_back(std::move(checkpoint));
  return {};
}

void bind_rates(SettingsTable& table, realtime::TrackRates& rates) {
  table.real("track.error_m", rates.error_m, 1, 10'000);
  table.time<milliseconds>("track.fastest_ms", rates.fastest, 500, 60'000);
  table.time<seconds>("track.slowest_s", rates.slowest, 1, 3600);
  table.real("track.turn_deg", rates.turn_deg, 5, 360);
  table.real("track.near_m", rates.near_m, 0, 100'000);
  table.time<seconds>("track.near_s", rates.near_time, 0, 3600);
  table.real("track.near_error_m", rates.near_error_m, 1, 10'000);
  table.time<milliseconds>("track.near_interval_ms", rates.near_interval, 500, 60'000);
  table.time<seconds>("track.still_s", rates.still, 5, 3600);
  table.time<seconds>("track.parked_s", rates.parked, 10, 3600);
  table.real("track.unwatched_factor", rates.unwatched_factor, 1, 100);
  table.real("track.low_battery", rates.low_battery, 0, 100);
  table.real("track.low_battery_factor", rates.low_battery_factor, 1, 100);
  table.real("track.flat_battery", rates.flat_battery, 0, 100);
  table.real("track.flat_error_m", rates.flat_error_m, 1, 100'000);
  table.time<seconds>("track.slow_down_after_s", rates.slow_down_after, 0, 3600);
}

}  // namespace

void bind_feeds(SettingsTable& table, Config& config) {
  auto& hub = config.realtime.hub;
  table.time<milliseconds>("feed.quote_life_ms", hub.acts.quote_life, 0, 60'000);
  bind_rates(table, hub.track_rates);
  table.list(
      "track.checkpoints", [&hub] { hub.checkpoints.clear(); },
      [&hub](const toml::table& entry) { return take_checkpoint(hub.checkpoints, entry); });
  table.number("track.trail_points", config.trails.points, 1, 100'000);
  table.number("track.trail_devices", config.trails.devices, 1, 100'000);
}

}  // namespace levee::app
