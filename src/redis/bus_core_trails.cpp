// Where devices were: kept by the server, so that every node is told the same.
#include <algorithm>
#include <utility>

#include "levee/realtime/error.hpp"

#include "redis/bus_core.hpp"
#include "redis/snapshots.hpp"
#include "redis/times.hpp"

namespace levee::redis {
namespace {

constexpr std::size_t kMaxTrailReads = 64;

std::vector<realtime::DeviceTrail> devices_of(const std::vector<Reply>& fields) {
  std::vector<realtime::DeviceTrail> all;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (auto place = realtime::decode_point(fields[i + 1].text))
      all.push_back({fields[i].text, std::move(*place), {}});
  }
  std::ranges::sort(all, {}, &realtime::DeviceTrail::device);
  return all;
}

std::vector<realtime::DeviceTrail> trail_of(const std::string& device, const std::vector<Reply>& fields) {
  auto last = fields.size() == 2 ? realtime::decode_point(fields[0].text) : std::nullopt;
  if (!last) return {};
  realtime::DeviceTrail trail{device, std::move(*last), {}};
  for (const auto& field : fields[1].list) {
    if (auto place = realtime::decode_point(field.text)) trail.points.push_back(std::move(*place));
  }
  if (trail.points.empty()) return {};  // it was a day ago
  realtime::sort_by_time(trail.points);
  return {std::move(trail)};
}

}  // namespace

void RedisBus::Core::extend_trail(const std::string& channel, const std::string& device,
                                  const std::vector<realtime::TrackPoint>& points,
                                  std::function<void(ErrorCode)> done) {
  Words keys{keys_.devices(channel), keys_.last_places(channel), keys_.trail_times(channel, device),
             keys_.trail_places(channel, device)};
  Words arguments{device, std::to_string(settings_.trails.devices), std::to_string(settings_.trails.points),
                  ms(kTrailTtl)};
  for (const auto& point : points) {
    arguments.push_back(std::to_string(point.version.epoch));
    arguments.push_back(std::to_string(point.version.sequence));
    arguments.push_back(std::to_string(point.fix.time_ms));
    arguments.push_back(realtime::encode_point(point));
  }
  servers_.run(scripts_.extend_trail, keys, std::move(arguments),
               [this, done = std::move(done)](const Result<Reply>& reply) {
                 done(failure_of(reply, Reply::Type::integer, errors_));
               });
}

// Anyone may ask for a trail, so asking must not keep publishers from the server: who asks for the same waits
// for the same answer, and few are asked for at a time.
void RedisBus::Core::read_trails(const std::string& channel, const std::string& device,
                                 realtime::Bus::TrailsRead done) {
  const auto found = trail_readers_.find({channel, device});
  if (found != trail_readers_.end()) return found->second.push_back(std::move(done));
  if (trail_readers_.size() >= kMaxTrailReads) return done(realtime::Errc::bus_down);
  trail_readers_[{channel, device}].push_back(std::move(done));
  auto answer = [this, channel, device](const Result<Reply>& reply) { take_trails(channel, device, reply); };
  if (device.empty()) {
    servers_.run(scripts_.read_devices, {keys_.devices(channel), keys_.last_places(channel)}, {ms(kTrailTtl)},
                 std::move(answer));
  } else {
    servers_.run(scripts_.read_trail, {keys_.last_places(channel), keys_.trail_places(channel, device)},
                 {device}, std::move(answer));
  }
}

void RedisBus::Core::take_trails(const std::string& channel, const std::string& device,
                                 const Result<Reply>& reply) {
  const auto readers = trail_readers_.extract({channel, device});
  Result<std::vector<realtime::DeviceTrail>> trails{std::vector<realtime::DeviceTrail>{}};
  if (const auto failed = failure_of(reply, Reply::Type::list, errors_)) {
    trails = failed;
  } else {
    trails = device.empty() ? devices_of(reply->list) : trail_of(device, reply->list);
  }
  for (const auto& done : readers.mapped()) done(trails);
}

}  // namespace levee::redis
