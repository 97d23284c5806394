#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace levee::delivery {

/// Who may have which descriptor. The kernel gives the lowest free one: its number tells how few are left, so
/// that nothing need be counted. The end of the range is kept for publishers, the bus and the admin port.
struct FileBudget {
  std::size_t newcomers =
      std::numeric_limits<std::size_t>::max();  ///< from this number on known viewers, and who takes the
                                                ///< place of one who waits
  std::size_t viewers = std::numeric_limits<std::size_t>::max();  ///< from this number on nobody

  /// `limit`: of files the process may open; 0: not known, no bounds.
  static FileBudget of(std::size_t limit) {
    if (limit == 0) return {};
    const std::size_t reserve = std::min(std::clamp<std::size_t>(limit / 50, 32, 512), limit / 4);
    return {limit - 2 * reserve, limit - reserve};
  }
};

}  // namespace levee::delivery
