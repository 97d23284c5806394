#include "media/pes.hpp"

#include <algorithm>
#include <utility>

namespace levee::media {
namespace {

constexpr std::size_t kFixedHeader = 6;  // start code, stream id, length

/// The whole size that a unit announces; 0 when it does not, or not yet.
std::size_t announced_size(BytesView unit) {
  if (unit.size() < kFixedHeader) return 0;
  ByteReader reader{unit.subspan(4)};
  const std::size_t length = reader.u16();
  return length == 0 ? 0 : kFixedHeader + length;
}

/// 33 bits with marker bits between them.
MediaTime read_timestamp(ByteReader& reader) {
  const MediaTime high = reader.u8() >> 1 & 7;
  const MediaTime middle = reader.u16() >> 1;
  const MediaTime low = reader.u16() >> 1;
  return high << 30 | middle << 15 | low;
}

}  // namespace

std::optional<Pes> parse_pes(Bytes bytes) {
  ByteReader reader{bytes};
  if (reader.u24() != 1) return std::nullopt;
  reader.u8();   // stream id: the program map says what it is
  reader.u16();  // length
  const bool mpeg2 = reader.u8() >> 6 == 2;
  const auto timestamps = reader.u8() >> 6;
  ByteReader header{reader.bytes(reader.u8())};
  if (!reader.ok() || !mpeg2) return std::nullopt;
  Pes pes;
  if ((timestamps & 2) != 0) {
    pes.pts = read_timestamp(header);
    pes.dts = timestamps == 3 ? read_timestamp(header) : pes.pts;
  }
  if (!header.ok()) return std::nullopt;
  pes.header_size = bytes.size() - reader.rest().size();
  pes.bytes = std::move(bytes);
  return pes;
}

std::optional<Pes> PesAssembler::begin() {
  std::optional<Pes> before;
  if (collecting_ && !unit_.empty()) {
    if (announced_size(unit_) == 0)
      before = complete();
    else
      ++damaged_;  // it announced more
  }
  collecting_ = true;
  unit_.clear();
  unit_.reserve(usual_size_);
  return before;
}

std::optional<Pes> PesAssembler::add(BytesView payload) {
  if (!collecting_) return std::nullopt;
  if (unit_.size() + payload.size() > limit_) {
    lose();
    return std::nullopt;
  }
  unit_.insert(unit_.end(), payload.begin(), payload.end());
  const auto size = announced_size(unit_);
  if (size == 0 || unit_.size() < size) return std::nullopt;
  unit_.resize(size);
  return complete();
}

bool PesAssembler::ends_with(BytesView payload) const {
  return unit_.size() >= payload.size() && std::equal(payload.rbegin(), payload.rend(), unit_.rbegin());
}

void PesAssembler::lose() {
  if (collecting_) ++damaged_;
  collecting_ = false;
  unit_.clear();
}

std::optional<Pes> PesAssembler::complete() {
  collecting_ = false;
  usual_size_ = unit_.size();
  auto pes = parse_pes(std::exchange(unit_, {}));
  if (!pes) ++damaged_;
  return pes;
}

}  // namespace levee::media
