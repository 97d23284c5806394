#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace levee {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

/// Bytes that are written once and then shared by everyone who sends them, on any thread.
using SharedBytes = std::shared_ptr<const Bytes>;

inline SharedBytes share(Bytes bytes) { return std::make_shared<const Bytes>(std::move(bytes)); }

/// The bytes of a text. Lifetime: those of `text`.
inline BytesView as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// The text in `bytes`. Lifetime: those of `bytes`.
inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads big-endian numbers from the front of a range of bytes.
///
/// Errors: reading past the end gives zeros, and `ok()` is false from then on; check it once, at the end.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : rest_{bytes} {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }

  /// The next `size` bytes. Lifetime: those of the range read.
  BytesView bytes(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  BytesView rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const auto byte : bytes(size)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
  }

  BytesView rest_;
  bool ok_ = true;
};

/// Appends big-endian numbers and bytes to `out`. Lifetime: `out` must outlive it.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_{out} {}

  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u24(std::uint32_t value) { number(value, 3); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void bytes(BytesView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view text) { bytes(as_bytes(text)); }

 private:
  void number(std::uint64_t value, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<std::byte>(value >> shift));
  }

  Bytes& out_;
};

}  // namespace levee
