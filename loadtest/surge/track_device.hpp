#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "surge/realtime_client.hpp"
#include "surge/realtime_report.hpp"
#include "surge/said_ring.hpp"
#include "surge/scenario.hpp"

namespace levee::surge {

/// What one device said, on the clock on which those who watch it are judged.
struct DeviceTruth {
  std::uint64_t boot = 0;
  SaidRing said;
  /// Under which promise each report was made: the next one comes within this.
  std::map<std::uint64_t, Duration> promises;
};

/// How a device may be shown. In order of freshness.
enum class DeviceState { none, stale, aging, live };

/// The state for a fix of this age under this promise. Source: docs/protocol.md, Tracks.
DeviceState device_state(Duration age, Duration promise);
/// The freshest state that the truth allows for report `number`; nothing while it can't be told, because the
/// server's answer to it is not here yet.
std::optional<DeviceState> freshest_state(DeviceTruth& truth, std::uint64_t number, TimePoint now);

/// A device that drives in a circle and reports where it is, as often as the server asks for. While it is
/// offline it goes on, and keeps what it would have said; then its present goes first, the past after it.
///
/// Lifetime: what is given outlives it. Thread: the network's. Source: docs/protocol.md, For devices.
class TrackDevice final : public RealtimeClient {
 public:
  TrackDevice(Network& network, const RealtimePlace& place, TrackReport& report, DeviceTruth& truth,
              const TrackClients& settings, std::uint32_t index, std::uint32_t seed);

  /// It makes its first report at `begin`.
  void report_from(TimePoint begin);

 private:
  /// When the next report is due.
  struct Pulse final : surge::WheelTimer {
    explicit Pulse(TrackDevice& of) : device{of} {}
    void fire(TimePoint due, TimePoint now) override { device.make_report(due, now); }
    TrackDevice& device;
  };

  std::string wanted() const override { return {}; }
  Duration slowest_heartbeat() const override { return std::chrono::minutes{1}; }
  void welcomed(TimePoint now) override;
  void heard(std::string_view text, TimePoint now) override;
  void gone(TimePoint now) override;

  void make_report(TimePoint due, TimePoint now);
  void send_kept(TimePoint now);
  void send_reports(const std::vector<std::uint64_t>& numbers, bool past, TimePoint now);
  std::string report_text(std::uint64_t number, TimePoint now, std::int64_t wall_ms) const;
  void taken(const std::vector<std::uint64_t>& numbers, TimePoint now);
  void obey(std::string_view text, TimePoint now);

  Network& network_;
  TrackReport& report_;
  DeviceTruth& truth_;
  const TrackClients& settings_;
  std::uint32_t index_;
  Pulse pulse_{*this};
  TimePoint begun_{};
  TimePoint reported_{};
  Duration interval_;
  std::uint64_t request_ = 0;
  std::set<std::uint64_t> kept_;                               ///< reports that no answer confirmed
  std::map<std::uint64_t, std::vector<std::uint64_t>> asked_;  ///< of these, those under way, by request
};

}  // namespace levee::surge
