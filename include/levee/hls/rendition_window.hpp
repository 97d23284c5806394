#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "levee/hls/part.hpp"
#include "levee/hls/rendition_view.hpp"

namespace levee::hls {

struct Segment;
struct History;
class HistoryKeeper;

/// How far a rendition is, as EXT-X-RENDITION-REPORT tells it in the playlists of the others (L12).
struct RenditionReport {
  std::string name;
  std::uint64_t last_msn = 0;   ///< of the newest segment that has a part
  std::uint32_t last_part = 0;  ///< index of its newest part
};

/// The recent past of one rendition: takes what a packager makes, in order, and gives an immutable view of it
/// after each change. Does no I/O and keeps no clock.
///
/// What a playlist lists is text that was written when its part or segment came; a view costs one copy of it.
/// Limits: lists `Settings::window` of media and never fewer than three target durations (P5); holds about
/// twice that, since what left the list stays downloadable for a while (P15, L43).
/// Thread: one at a time; the views are free.
class RenditionWindow {
 public:
  RenditionWindow(std::string stream_id, const Settings& settings, RenditionInfo info);
  ~RenditionWindow();
  RenditionWindow(RenditionWindow&&) noexcept;
  RenditionWindow& operator=(RenditionWindow&&) noexcept;

  /// How many discontinuities the stream had before this rendition's first segment, so that a rung that
  /// appears late counts as the others do (P18). Call before the first part.
  void discontinuities_before(std::uint64_t count) { discontinuities_before_ = count; }

  /// The init segment of the parts from the next segment on. The same bytes again keep their URI.
  void init(const RenditionInfo& info, SharedBytes init);

  /// The next part. A segment that was left open is closed where the next one begins. False: it does not
  /// follow the one before it, and was ignored.
  bool part(const Part& part);

  void offered(bool offered) { offered_ = offered; }

  /// No part will follow: an open segment is closed, and the playlist ends. Final.
  void end();

  const RenditionInfo& info() const { return info_; }
  /// Nothing before the first part.
  std::optional<RenditionReport> report() const;
  /// The number of the segment that the next part belongs to; nothing before the first part.
  std::optional<std::uint64_t> msn() const { return msn_; }
  bool segment_is_open() const { return open_ != nullptr; }
  bool ended() const { return ended_; }

  /// The rendition as it is now. `others`: the other renditions of the stream.
  std::shared_ptr<const RenditionView> view(std::span<const RenditionReport> others) const;

 private:
  void open(const Part& part);
  void close();
  std::string tail(std::span<const RenditionReport> others) const;

  std::string stream_id_;
  Settings settings_;
  RenditionInfo info_;
  bool offered_ = true;
  bool ended_ = false;
  std::uint64_t discontinuities_before_ = 0;
  std::uint64_t next_generation_ = 0;
  std::uint64_t generation_ = 0;  ///< of `init_`
  SharedBytes init_;
  std::optional<std::uint64_t> last_generation_;  ///< the one that the last segment's parts need
  std::uint64_t next_part_ = 0;
  std::optional<std::uint64_t> msn_;
  std::unique_ptr<Segment> open_;
  std::unique_ptr<HistoryKeeper> keeper_;
  std::shared_ptr<const History> history_;
};

}  // namespace levee::hls
