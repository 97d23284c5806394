#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "levee/media/packet.hpp"

#include "media/mpegts_tables.hpp"

namespace levee::media {

/// Writes transport streams for tests: what the demuxer reads, seen from the other side.
class TsWriter {
 public:
  static constexpr std::uint16_t kMapPid = 0x1000;
  static constexpr std::uint16_t kVideoPid = 0x100;
  static constexpr std::uint16_t kAudioPid = 0x101;

  void association(std::uint16_t map_pid = kMapPid) {
    Bytes body;
    ByteWriter writer{body};
    writer.u16(0);  // the network's own, to be passed over
    writer.u16(0xe010);
    writer.u16(1);
    writer.u16(static_cast<std::uint16_t>(0xe000 | map_pid));
    table(0, 0x00, body);
  }

  void program(const std::vector<std::pair<std::uint8_t, std::uint16_t>>& streams, std::uint8_t version = 0,
               std::uint16_t map_pid = kMapPid) {
    Bytes body;
    ByteWriter writer{body};
    writer.u16(0xe100);
    writer.u16(0xf000);
    for (const auto& [type, pid] : streams) {
      writer.u8(type);
      writer.u16(static_cast<std::uint16_t>(0xe000 | pid));
      writer.u16(0xf002);
      writer.u16(0x5200);  // some descriptor
    }
    table(map_pid, 0x02, body, version);
  }

  /// One PES packet. `announced`: whether it tells its length.
  void unit(std::uint16_t pid, std::optional<MediaTime> pts, BytesView payload, bool announced,
            std::optional<MediaTime> dts = {}) {
    Bytes pes;
    ByteWriter writer{pes};
    const std::size_t times = (pts ? 5u : 0u) + (dts ? 5u : 0u);
    writer.u32(pid == kVideoPid ? 0x1e0 : 0x1c0);
    writer.u16(announced ? static_cast<std::uint16_t>(3 + times + payload.size()) : 0);
    writer.u8(0x80);
    writer.u8(static_cast<std::uint8_t>((pts ? 0x80 : 0) | (dts ? 0x40 : 0)));
    writer.u8(static_cast<std::uint8_t>(times));
    if (pts) timestamp(writer, *pts, dts ? 3 : 2);
    if (dts) timestamp(writer, *dts, 1);
    writer.bytes(payload);
    packets(pid, pes);
  }

  /// A payload in as many packets as it takes, the last one stuffed.
  void packets(std::uint16_t pid, BytesView payload) {
    bool start = true;
    do {
      const auto size = std::min<std::size_t>(payload.size(), 184);
      packet(pid, payload.first(size), start);
      payload = payload.subspan(size);
      start = false;
    } while (!payload.empty());
  }

  Bytes bytes;

 private:
  void packet(std::uint16_t pid, BytesView payload, bool start) {
    ByteWriter writer{bytes};
    const std::size_t stuffing = 184 - payload.size();
    writer.u8(0x47);
    writer.u16(static_cast<std::uint16_t>((start ? 0x4000 : 0) | pid));
    writer.u8(static_cast<std::uint8_t>((stuffing > 0 ? 0x30 : 0x10) | (counters_[pid]++ & 0xf)));
    if (stuffing > 0) writer.u8(static_cast<std::uint8_t>(stuffing - 1));
    if (stuffing > 1) writer.u8(0);
    for (std::size_t i = 2; i < stuffing; ++i) writer.u8(0xff);
    writer.bytes(payload);
  }

  void table(std::uint16_t pid, std::uint8_t id, BytesView body, std::uint8_t version = 0) {
    Bytes section;
    ByteWriter writer{section};
    writer.u8(id);
    writer.u16(static_cast<std::uint16_t>(0xb000 | (body.size() + 9)));
    writer.u16(1);
    writer.u8(static_cast<std::uint8_t>(0xc1 | version << 1));
    writer.u16(0);
    writer.bytes(body);
    writer.u32(section_sum(section));
    section.insert(section.begin(), std::byte{0});  // pointer_field
    section.resize(184, std::byte{0xff});
    packet(pid, section, true);
  }

  static void timestamp(ByteWriter& writer, MediaTime time, unsigned mark) {
    writer.u8(static_cast<std::uint8_t>(mark << 4 | (time >> 30 & 7) << 1 | 1));
    writer.u16(static_cast<std::uint16_t>((time >> 15 & 0x7fff) << 1 | 1));
    writer.u16(static_cast<std::uint16_t>((time & 0x7fff) << 1 | 1));
  }

  std::map<std::uint16_t, std::uint8_t> counters_;
};

}  // namespace levee::media
