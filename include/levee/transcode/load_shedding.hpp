#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/media/packet.hpp"

namespace levee::transcode {

/// When a rung is shed, and when it is taken back.
struct SheddingSettings {
  media::MediaTime shed_lag = 4 * media::kTimescale / 10;       ///< this far behind the source, a rung goes
  media::MediaTime restore_lag = 15 * media::kTimescale / 100;  ///< and no further than this, one may return
  Duration settle = std::chrono::seconds{2};          ///< between two decisions: what one did must show first
  Duration restore_after = std::chrono::seconds{10};  ///< of calm, before the first return
  Duration restore_after_limit = std::chrono::minutes{5};
  Duration stable_after = std::chrono::minutes{1};  ///< a return that held for this long has proved itself
  double headroom = 0.85;  ///< of real time that the ladder may take, with the rung that would return
};

/// Decides which rungs of a ladder are encoded when there is not time for all.
///
/// What a rung is worth: a viewer whose rung goes plays the next lower one, and loses the step in quality
/// between the two, about log2 of their bit rates' ratio. What it costs: processor time. The rung with the
/// least worth for its cost goes first; that is nearly always the topmost, as cost grows with the pixels and
/// the steps are alike. Below the smallest rung left there is nothing: it is the lifeline of viewers on weak
/// networks, is worth more than any other, and goes last.
///
/// A rung returns, the most worthy first, after a time of calm and if the measured costs say that it fits. If
/// that goes wrong soon, the next try waits twice as long.
///
/// Pure. Thread: one at a time. Time: passed in.
class LoadShedding {
 public:
  struct Decision {
    std::size_t rung = 0;
    bool shed = false;  ///< false: restore
    bool operator==(const Decision&) const = default;
  };

  /// What the encoder thread measured lately.
  struct Load {
    media::MediaTime lag = 0;   ///< from the newest frame that came in to the newest encoded
    double base_cost = 0;       ///< processor seconds a media second that go to decoding
    std::vector<double> costs;  ///< the same for each rung; of a shed one, what was last measured
    double slowdown = 1;        ///< seconds that pass for each processor second this thread gets
  };

  /// `bitrates` of the rungs; a decision names a rung by its place among them. `shed` are those that are not
  /// encoded to begin with; empty: none.
  LoadShedding(SheddingSettings settings, std::vector<std::uint32_t> bitrates, std::vector<bool> shed = {});

  /// Call some times a second; at most one decision each time. What is decided is taken as done.
  std::optional<Decision> update(TimePoint now, const Load& load);

  bool is_shed(std::size_t rung) const { return shed_[rung]; }

 private:
  std::optional<std::size_t> cheapest_loss(const Load& load) const;
  std::optional<std::size_t> best_return(const Load& load) const;
  double value(std::size_t rung, const Load& load) const;
  bool fits(std::size_t rung, const Load& load) const;

  SheddingSettings settings_;
  std::vector<std::uint32_t> bitrates_;
  std::vector<bool> shed_;
  Duration restore_after_;
  std::optional<TimePoint> calm_since_;
  std::optional<TimePoint> changed_;
  std::optional<TimePoint> restored_;
};

}  // namespace levee::transcode
