#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "levee/base/bytes.hpp"

namespace levee::fuzz {

/// A fuzzer's input as a stream of bytes in pieces, cut where the input itself says: its first byte seeds
/// where.
class Cuts {
 public:
  Cuts(const std::uint8_t* data, std::size_t size) : left_{std::as_bytes(std::span{data, size})} {
    if (left_.empty()) return;
    seed_ = std::to_integer<std::uint32_t>(left_.front());
    left_ = left_.subspan(1);
  }

  bool more() const { return !left_.empty(); }

  /// The next piece, at least one byte. A first byte of 0 gives all in one.
  BytesView next() {
    state_ = state_ * 1664525 + 1013904223 + seed_;
    const auto size =
        seed_ == 0 ? left_.size() : std::min<std::size_t>(1 + (state_ >> 16) % 600, left_.size());
    const auto piece = left_.first(size);
    left_ = left_.subspan(size);
    return piece;
  }

 private:
  BytesView left_;
  std::uint32_t seed_ = 0;
  std::uint32_t state_ = 1;
};

}  // namespace levee::fuzz
