#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "levee/base/bytes.hpp"

namespace levee::media {

/// Puts the sections of one table together out of packet payloads, and checks their sums.
/// Limits: one section, at most 4098 bytes. Source: ISO 13818-1 section 2.4.4.
class SectionAssembler {
 public:
  /// The payload of the next packet. Gives the sections that it completes.
  std::vector<Bytes> add(BytesView payload, bool unit_start);

  /// A packet is missing: the section under way is of no use.
  void lose();

  std::uint64_t damaged() const { return damaged_; }

 private:
  void take_complete(std::vector<Bytes>& sections);

  bool collecting_ = false;
  Bytes section_;
  std::uint64_t damaged_ = 0;
};

/// The program map's PID of the first program; nothing when the section is no current association table.
/// Source: ISO 13818-1 section 2.4.4.3.
std::optional<std::uint16_t> parse_association(BytesView section);

/// One elementary stream as the program map has it.
struct ElementaryStream {
  std::uint8_t type = 0;
  std::uint16_t pid = 0;
};

/// The streams of a program; nothing when the section is no current program map.
/// Source: ISO 13818-1 section 2.4.4.8.
std::optional<std::vector<ElementaryStream>> parse_program_map(BytesView section);

/// CRC-32 as ISO 13818-1 annex A has it; 0 over a section with its sum at the end.
std::uint32_t section_sum(BytesView bytes);

}  // namespace levee::media
