#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "levee/hls/part.hpp"

namespace levee::test {

/// 2026-05-01 12:00:00 UTC: when every made-up stream begins.
inline WallTime show_start() {
  using namespace std::chrono;
  return sys_days{year{2026} / May / 1} + hours{12};
}

/// Bytes that tell where they came from.
inline SharedBytes media_bytes(const std::string& text, std::size_t size = 0) {
  Bytes bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  if (bytes.size() < size) bytes.resize(size);
  return share(std::move(bytes));
}

/// Makes up the parts of one rendition: six of 30 000 ticks a segment, each of `part_bytes` bytes.
class PartMaker {
 public:
  static constexpr std::uint32_t kPartsPerSegment = 6;

  explicit PartMaker(std::uint64_t first_msn = 0) : msn_{first_msn} {
    start_ = static_cast<media::MediaTime>(first_msn) * kPartsPerSegment * duration;
  }

  hls::Part next() {
    hls::Part part;
    part.msn = msn_;
    part.begins_segment = index_ == 0;
    part.ends_segment = index_ + 1 == kPartsPerSegment;
    part.independent = index_ == 0 && !gap;
    part.gap = gap;
    part.discontinuity = index_ == 0 && discontinuity;
    if (index_ == 0) discontinuity = false;
    part.start = start_;
    part.duration = duration;
    part.program_date_time =
        show_start() + std::chrono::duration_cast<WallTime::duration>(
                           std::chrono::microseconds{start_ * 1'000'000 / media::kTimescale});
    if (!gap) part.data = media_bytes(std::to_string(msn_) + "." + std::to_string(index_), part_bytes);
    start_ += duration;
    if (++index_ == kPartsPerSegment) {
      index_ = 0;
      ++msn_;
    }
    return part;
  }

  media::MediaTime duration = 30'000;
  std::size_t part_bytes = 25'000;
  bool gap = false;
  bool discontinuity = false;  ///< for the next segment; then false again

 private:
  std::uint64_t msn_;
  std::uint32_t index_ = 0;
  media::MediaTime start_ = 0;
};

}  // namespace levee::test
