#include "delivery/api.hpp"

#include <ctime>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

namespace levee::delivery {
namespace {

using Json = nlohmann::ordered_json;

std::string iso_time(WallTime time) {
  const std::time_t seconds = WallTime::clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts);
}

Json rendition_json(const hls::RenditionView& view) {
  const auto& info = view.info();
  return {{"name", info.name},
          {"codecs", info.codecs},
          {"width", info.width},
          {"height", info.height},
          {"frame_rate", info.frame_rate},
          {"nominal_bandwidth", info.nominal_bandwidth},
          {"bandwidth", view.bandwidth()},
          {"average_bandwidth", view.average_bandwidth()},
          {"offered", view.offered()},
          {"msn", view.msn()},
          {"parts", view.part_count()}};
}

Json publisher_json(const stream::StreamFacts& facts) {
  return {{"protocol", facts.protocol},
          {"peer", facts.peer},
          {"encoder", facts.encoder},
          {"video", facts.video},
          {"audio", facts.audio},
          {"publications", facts.publications},
          {"bytes_in", facts.bytes_in},
          {"timestamps_repaired", facts.timestamps_repaired},
          {"timeline_jumps", facts.timeline_jumps}};
}

/// What publishers send may hold any bytes; JSON may not.
std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

bool is_listed(const PreparedStream& stream) {
  return stream.view->state != stream::StreamState::starting && !stream.renditions.empty();
}

std::string live_list_json(const Streams& streams, const CountOf& viewers) {
  Json list = Json::array();
  for (const auto& prepared : streams) {
    const auto& view = *prepared->view;
    if (!is_listed(*prepared)) continue;
    list.push_back({{"name", view.name},
                    {"state", stream::to_string(view.state)},
                    {"started", iso_time(view.started)},
                    {"viewers", viewers(view.name)}});
  }
  return dump({{"streams", std::move(list)}});
}

std::string streams_json(const Streams& streams, const CountOf& viewers) {
  Json list = Json::array();
  for (const auto& prepared : streams) {
    const auto& view = *prepared->view;
    Json renditions = Json::array();
    for (const auto& rendition : view.renditions) renditions.push_back(rendition_json(*rendition));
    list.push_back({{"name", view.name},
                    {"id", view.id},
                    {"state", stream::to_string(view.state)},
                    {"started", iso_time(view.started)},
                    {"viewers", viewers(view.name)},
                    {"publisher", publisher_json(view.facts)},
                    {"warnings", view.facts.warnings},
                    {"renditions", std::move(renditions)}});
  }
  return dump({{"streams", std::move(list)}});
}

}  // namespace levee::delivery
