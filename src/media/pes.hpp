#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "levee/base/bytes.hpp"
#include "levee/media/packet.hpp"

namespace levee::media {

/// One whole PES packet.
struct Pes {
  std::optional<MediaTime> pts;  ///< 33 bits
  std::optional<MediaTime> dts;  ///< as pts when it has none of its own
  Bytes bytes;
  std::size_t header_size = 0;

  BytesView payload() const { return BytesView{bytes}.subspan(header_size); }
};

/// Reads the header of a whole PES packet; nothing when it is broken.
/// Source: ISO 13818-1 section 2.4.3.6.
std::optional<Pes> parse_pes(Bytes bytes);

/// Puts the PES packets of one elementary stream together out of packet payloads.
///
/// For each transport packet: `begin` if a unit starts in it, then `add`. Limits: a unit of more than `limit`
/// bytes is dropped.
class PesAssembler {
 public:
  explicit PesAssembler(std::size_t limit) : limit_{limit} {}

  /// A new unit starts: gives the one before, unless it was given already.
  std::optional<Pes> begin();

  /// Gives the unit when this is the end of it, which only a unit that tells its length shows.
  std::optional<Pes> add(BytesView payload);

  /// Whether `payload` is what was added last: a sender may send a packet twice.
  bool ends_with(BytesView payload) const;

  /// A packet is missing: the unit under way is dropped.
  void lose();

  std::uint64_t damaged() const { return damaged_; }

 private:
  std::optional<Pes> complete();

  std::size_t limit_;
  bool collecting_ = false;
  Bytes unit_;
  std::size_t usual_size_ = 0;  ///< of the last unit: what the next one reserves
  std::uint64_t damaged_ = 0;
};

}  // namespace levee::media
