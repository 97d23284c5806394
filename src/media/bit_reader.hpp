#pragma once

#include <algorithm>
#include <cstdint>

#include "levee/base/bytes.hpp"

namespace levee::media {

/// Reads bits, most significant first.
///
/// Errors: reading past the end gives zeros, and `ok()` is false from then on; check it once, at the end.
/// Lifetime: that of the bytes.
class BitReader {
 public:
  explicit BitReader(BytesView bytes) : bytes_{bytes} {}

  /// The next `count` bits. Limits: `count` is at most 32.
  std::uint32_t bits(unsigned count) {
    std::uint32_t value = 0;
    while (count-- > 0) value = value << 1 | bit();
    return value;
  }

  bool flag() { return bit() != 0; }

  void skip(std::size_t count) {
    if (count > bits_left()) ok_ = false;
    position_ += std::min(count, bits_left());
  }

  /// An unsigned Exp-Golomb number, ue(v). Source: ITU-T H.264 section 9.1.
  std::uint32_t ue() {
    unsigned zeros = 0;
    while (ok_ && bit() == 0) {
      if (++zeros > 31) ok_ = false;
    }
    if (!ok_) return 0;
    return ((std::uint32_t{1} << zeros) - 1) + bits(zeros);
  }

  /// A signed Exp-Golomb number, se(v). Source: ITU-T H.264 section 9.1.1.
  std::int64_t se() {
    const std::int64_t code = ue();
    return code % 2 == 1 ? (code + 1) / 2 : -(code / 2);
  }

  std::size_t bits_left() const { return bytes_.size() * 8 - position_; }
  bool ok() const { return ok_; }

 private:
  std::uint32_t bit() {
    if (position_ >= bytes_.size() * 8) {
      ok_ = false;
      return 0;
    }
    const auto byte = std::to_integer<std::uint32_t>(bytes_[position_ / 8]);
    const auto value = byte >> (7 - position_ % 8) & 1;
    ++position_;
    return value;
  }

  BytesView bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace levee::media
