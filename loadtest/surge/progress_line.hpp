#pragma once

#include <cstdio>
#include <string>

#include "surge/progress.hpp"

namespace levee::surge {

/// How a run stands, in one line of at most `width` columns.
std::string progress_text(const Progress& progress, std::size_t width);

/// Shows progress: on a terminal one line that rewrites itself, elsewhere a plain line every few seconds.
///
/// Lifetime: `stream` outlives it. The destructor ends the line.
class ProgressLine {
 public:
  explicit ProgressLine(std::FILE* stream);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);

 private:
  static constexpr Duration kPlainEvery = std::chrono::seconds{5};

  std::FILE* stream_;
  bool terminal_;
  bool shown_ = false;
  std::string phase_;
  Duration plain_at_{0};  ///< of the run; when the last plain line was written
};

}  // namespace levee::surge
