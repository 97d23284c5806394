#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "hls/segment.hpp"

namespace levee::hls {

/// A rendition's complete segments at one moment, and the text that every playlist begins with until the
/// next one is complete. Immutable.
struct History {
  std::vector<std::shared_ptr<const Segment>> segments;  ///< oldest first; the first ones left the list
  std::string head;                                      ///< of the whole playlist
  std::string delta_head;  ///< of the delta update; empty when nothing is old enough to be skipped
  std::uint32_t bandwidth = 0;
  std::uint32_t average_bandwidth = 0;
  bool independent = true;  ///< every listed segment begins with a key frame

  const Segment* find(std::uint64_t msn) const;
  const Segment* find_part(std::uint64_t number) const;
};

/// Decides what of the past is listed, and what may still be downloaded, and makes a History of it.
///
/// A segment leaves the list when what remains is still a whole window; it stays downloadable for its own
/// duration and that of the longest playlist after that (P15). Time here is media time, so a stream that
/// waits for its publisher forgets nothing.
/// Limits: a window of time, and `kMostSegments` whatever their durations.
class HistoryKeeper {
 public:
  static constexpr std::size_t kMostSegments = 400;
  static constexpr std::size_t kFewestListed = 6;       ///< P6
  static constexpr std::size_t kSegmentsWithParts = 2;  ///< L10; the open one comes on top

  HistoryKeeper(std::string stream_id, const Settings& settings);

  /// Where the first segment stands in the stream. Call once, before `add`.
  void begin(std::uint64_t first_msn, std::uint64_t discontinuities_before) {
    first_msn_ = first_msn;
    discontinuity_sequence_ = discontinuities_before;
  }

  /// The next complete segment.
  void add(Segment segment);

  std::shared_ptr<const History> snapshot() const;

 private:
  struct Removed {
    std::shared_ptr<const Segment> segment;
    media::MediaTime until = 0;  ///< on `clock_`
  };

  std::uint32_t peak_with(const Segment& newest) const;
  void forget();
  std::size_t skippable() const;
  void append_sequence_numbers(std::string& out) const;
  void append_segments(std::string& out, std::size_t from) const;

  std::string stream_id_;
  Settings settings_;
  std::string whole_preamble_;
  std::string gap_preamble_;
  std::string delta_preamble_;
  std::deque<std::shared_ptr<const Segment>> listed_;
  std::deque<Removed> removed_;
  media::MediaTime clock_ = 0;  ///< all media there ever was
  media::MediaTime listed_time_ = 0;
  media::MediaTime longest_list_ = 0;
  std::uint64_t first_msn_ = 0;
  std::uint64_t discontinuity_sequence_ = 0;
};

}  // namespace levee::hls
