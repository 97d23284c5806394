#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "levee/admission/controller.hpp"
#include "levee/admission/grant.hpp"
#include "levee/admission/signals.hpp"
#include "levee/base/clock.hpp"
#include "levee/delivery/lateness.hpp"

#include "delivery/shard_meter.hpp"

namespace levee::delivery {

/// How the node stands, as its last evaluation saw it.
struct ProtectionFacts {
  admission::Grant grant;  ///< of each shard
  admission::Signals signals;
  double load = 0;      ///< see admission::Controller
  double pressure = 0;  ///< the same
  std::size_t shards = 0;

  // Over the last seconds, for people: evaluations are too short for that.
  admission::Lateness lateness;
  Duration loop_lag{};
  Duration accept_age{};
  Duration control_lag{};  ///< of the control thread itself, which is publishers' too

  // Since the start.
  std::uint64_t seen = 0;
  std::uint64_t admitted = 0;
  std::uint64_t refused = 0;
  std::uint64_t returned = 0;
  std::uint32_t accept_queue = 0;  ///< now, of all shards
  std::size_t at_the_door = 0;     ///< connections on which nobody was let in; the same
  std::size_t descriptors = 0;     ///< open; the same
  std::uint64_t evaluations = 0;
};

/// Puts together what the shards measured and decides, ten times a second, how many newcomers they may let
/// in. Says in the log when the level changes, and by which signals.
///
/// Thread: `evaluate` on one; the rest on any.
class Protection {
 public:
  struct Settings {
    std::size_t shards = 1;
    std::size_t cores = 1;                ///< that the shards may run on, if fewer
    bool enabled = true;                  ///< off: measures, and lets everyone in
    double max_newcomers_per_second = 0;  ///< of all shards; 0: no bound but what is measured
    Duration part{};                      ///< part target
    Duration segment{};                   ///< segment target
    std::size_t file_limit = 0;           ///< 0: not known
  };

  explicit Protection(Settings settings);

  ReadingSlot& slot(std::size_t shard) { return *slots_[shard]; }
  /// Decides by what came since the last call. A shard that did not even report is late.
  /// `lag`: by how much the call comes too late.
  admission::Grant evaluate(TimePoint now, Duration lag = {});
  ProtectionFacts facts() const;

 private:
  /// The last seconds, a slot for each.
  struct Second {
    LatenessHistogram lateness;
    Duration loop_lag{};
    Duration accept_age{};
    Duration control_lag{};
  };
  static constexpr std::size_t kSeconds = 5;

  admission::Signals gather(TimePoint now);
  admission::Signals together(const std::vector<ShardReading>& readings, TimePoint now);
  void remember(const admission::Signals& signals, TimePoint now, Duration lag);
  void bound(admission::Grant& grant) const;
  void tell_change(const admission::Grant& grant, const admission::Signals& signals);

  Settings settings_;
  std::vector<std::unique_ptr<ReadingSlot>> slots_;
  admission::Controller controller_;
  LatenessHistogram deliveries_;  ///< of this evaluation
  std::array<Second, kSeconds> seconds_{};
  std::int64_t second_ = 0;
  admission::Level level_ = admission::Level::open;

  mutable std::mutex mutex_;  ///< guards what follows
  ProtectionFacts facts_;
};

}  // namespace levee::delivery
