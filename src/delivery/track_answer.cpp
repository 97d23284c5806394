#include "delivery/track_answer.hpp"

#include <memory>
#include <string>
#include <utility>

#include "levee/base/unix_time.hpp"
#include "levee/realtime/channel.hpp"
#include "levee/realtime/text_rules.hpp"
#include "levee/realtime/wire_feed.hpp"

#include "delivery/heads.hpp"
#include "delivery/track_json.hpp"

namespace levee::delivery {
namespace {

// Longer than the bus itself waits for its server.
constexpr Duration kLimit = std::chrono::seconds{5};

Response response_of(const Head& geojson, const Result<std::vector<realtime::DeviceTrail>>& trails,
                     bool of_one, std::int64_t wall_ms) {
  if (!trails) return plain(503, "the bus between the nodes is down\n", RequestKind::api);
  if (of_one && trails->empty()) return plain(404, "no such device\n", RequestKind::api);
  const auto text = std::make_shared<const std::string>(of_one ? track_trail_json(trails->front(), wall_ms)
                                                               : track_group_json(*trails, wall_ms));
  Response response;
  response.head = &geojson;
  response.body = Body{text, as_bytes(*text)};
  response.kind = RequestKind::api;
  return response;
}

}  // namespace

Answer answer_tracks(realtime::Bus& bus, const Head& geojson, std::string_view group, std::string_view device,
                     WallTime now) {
  auto channel = "track:" + std::string{group};
  const bool known = realtime::parse_channel(channel) &&
                     (device.empty() || realtime::is_identifier(device, realtime::kMaxFeedKey));
  if (!known) return plain(404, "no such device\n", RequestKind::api);
  const auto wall_ms = unix_ms(now);
  Later later;
  later.limit = kLimit;
  later.begin = [&bus, &geojson, channel = std::move(channel), device = std::string{device},
                 wall_ms](Later::Done done) {
    auto answer = [&geojson, of_one = !device.empty(), wall_ms, done = std::move(done)](const auto& trails) {
      done(response_of(geojson, trails, of_one, wall_ms));
    };
    bus.read_trails(channel, device, std::move(answer));
  };
  return later;
}

}  // namespace levee::delivery
