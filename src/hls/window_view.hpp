#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "levee/hls/rendition_view.hpp"

#include "hls/history.hpp"

namespace levee::hls {

/// What RenditionWindow gives out: the shared history and the parts of the open segment.
class WindowView final : public RenditionView {
 public:
  /// Everything that may change with each part.
  struct State {
    RenditionInfo info;
    bool offered = true;
    bool ended = false;
    InitSegment init;       ///< in force for the next segment
    InitSegment open_init;  ///< of the open segment
    std::uint64_t msn = 0;
    std::uint64_t next_part = 0;
    std::vector<SharedBytes> open_parts;
    std::uint32_t bandwidth = 0;
    std::uint32_t average_bandwidth = 0;
    std::string playlist;
    std::string delta_playlist;
  };

  WindowView(std::shared_ptr<const History> history, State state)
      : history_{std::move(history)}, state_{std::move(state)} {}

  const RenditionInfo& info() const override { return state_.info; }
  bool offered() const override { return state_.offered; }
  bool ended() const override { return state_.ended; }
  const std::string& playlist() const override { return state_.playlist; }
  const std::string& delta_playlist() const override { return state_.delta_playlist; }
  std::uint64_t msn() const override { return state_.msn; }
  std::uint32_t part_count() const override { return static_cast<std::uint32_t>(state_.open_parts.size()); }
  std::uint32_t previous_part_count() const override;
  SharedBytes init(std::uint64_t generation) const override;
  SharedBytes part(std::uint64_t number) const override;
  std::vector<SharedBytes> segment(std::uint64_t msn) const override;
  std::uint64_t next_part() const override { return state_.next_part; }
  std::uint32_t bandwidth() const override { return state_.bandwidth; }
  std::uint32_t average_bandwidth() const override { return state_.average_bandwidth; }
  bool independent_segments() const override { return history_->independent; }

 private:
  std::shared_ptr<const History> history_;
  State state_;
};

}  // namespace levee::hls
