#include "media/mpegts_tables.hpp"

#include <array>

namespace levee::media {
namespace {

constexpr std::size_t kHeaderBytes = 3;  // up to and with section_length
constexpr std::size_t kSumBytes = 4;
constexpr std::uint8_t kStuffing = 0xff;

constexpr std::array<std::uint32_t, 256> make_sums() {
  constexpr std::uint32_t kPolynomial = 0x04c11db7;
  std::array<std::uint32_t, 256> sums{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte << 24;
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 0x80000000u) != 0 ? sum << 1 ^ kPolynomial : sum << 1;
    sums[byte] = sum;
  }
  return sums;
}

/// What is behind the header of a section that is of `table` and in force, without the checksum.
std::optional<BytesView> body_of(BytesView section, std::uint8_t table) {
  constexpr std::size_t kLongHeader = 8;
  if (section.size() < kLongHeader + kSumBytes) return std::nullopt;
  ByteReader reader{section};
  const bool is_table = reader.u8() == table;
  reader.bytes(4);
  const bool current = (reader.u8() & 1) != 0;
  if (!is_table || !current) return std::nullopt;
  return section.subspan(kLongHeader, section.size() - kLongHeader - kSumBytes);
}

}  // namespace

std::uint32_t section_sum(BytesView bytes) {
  static constexpr auto kSums = make_sums();
  std::uint32_t sum = 0xffffffff;
  for (const auto byte : bytes)
    sum = sum << 8 ^ kSums[(sum >> 24 ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return sum;
}

std::vector<Bytes> SectionAssembler::add(BytesView payload, bool unit_start) {
  std::vector<Bytes> sections;
  if (unit_start) {
    ByteReader reader{payload};
    const auto before = reader.bytes(reader.u8());
    if (!reader.ok()) {
      lose();
      return sections;
    }
    if (collecting_) {
      section_.insert(section_.end(), before.begin(), before.end());
      take_complete(sections);
    }
    section_.clear();
    collecting_ = true;
    payload = reader.rest();
  }
  if (!collecting_) return sections;
  section_.insert(section_.end(), payload.begin(), payload.end());
  take_complete(sections);
  return sections;
}

void SectionAssembler::lose() {
  if (collecting_ && !section_.empty()) ++damaged_;
  collecting_ = false;
  section_.clear();
}

void SectionAssembler::take_complete(std::vector<Bytes>& sections) {
  while (section_.size() >= kHeaderBytes) {
    ByteReader reader{section_};
    if (reader.u8() == kStuffing) {
      section_.clear();
      collecting_ = false;
      return;
    }
    const std::size_t size = kHeaderBytes + (reader.u16() & 0xfffu);
    if (section_.size() < size) return;
    const auto end = section_.begin() + static_cast<std::ptrdiff_t>(size);
    if (section_sum(BytesView{section_}.first(size)) == 0)
      sections.emplace_back(section_.begin(), end);
    else
      ++damaged_;
    section_.erase(section_.begin(), end);
  }
}

std::optional<std::uint16_t> parse_association(BytesView section) {
  const auto body = body_of(section, 0x00);
  if (!body) return std::nullopt;
  ByteReader reader{*body};
  while (reader.rest().size() >= 4) {
    const auto program = reader.u16();
    const auto pid = static_cast<std::uint16_t>(reader.u16() & 0x1fffu);
    if (program != 0) return pid;  // program 0 is the network's own
  }
  return std::nullopt;
}

std::optional<std::vector<ElementaryStream>> parse_program_map(BytesView section) {
  const auto body = body_of(section, 0x02);
  if (!body) return std::nullopt;
  ByteReader reader{*body};
  reader.u16();  // PCR_PID: the clock is not used, timestamps alone are
  reader.bytes(reader.u16() & 0xfffu);
  std::vector<ElementaryStream> streams;
  while (reader.rest().size() >= 5) {
    ElementaryStream stream;
    stream.type = reader.u8();
    stream.pid = static_cast<std::uint16_t>(reader.u16() & 0x1fffu);
    reader.bytes(reader.u16() & 0xfffu);
    streams.push_back(stream);
  }
  if (!reader.ok()) return std::nullopt;
  return streams;
}

}  // namespace levee::media
