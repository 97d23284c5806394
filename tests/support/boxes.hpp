#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/bytes.hpp"

namespace levee::test {

/// One sample of a fragment as its boxes tell it. Units: ticks of its track's timescale.
struct Sample {
  std::uint32_t size = 0;
  std::int64_t dts = 0;
  std::int64_t duration = 0;
  std::int64_t cts = 0;
  bool sync = true;
};

/// One track's share of a fragment.
struct TrackFragment {
  std::uint32_t track = 0;
  std::int64_t tfdt = 0;
  std::vector<Sample> samples;
  std::int64_t end() const { return samples.empty() ? tfdt : samples.back().dts + samples.back().duration; }
};

struct Fragment {
  std::vector<TrackFragment> tracks;
  std::size_t mdat_size = 0;
  int moofs = 0;
  const TrackFragment* track(std::uint32_t id) const {
    for (const auto& one : tracks)
      if (one.track == id) return &one;
    return nullptr;
  }
};

/// Walks the boxes directly in `bytes`. Errors: std::runtime_error for sizes that do not fit.
template <class F>
void for_each_box(BytesView bytes, F visit) {
  while (!bytes.empty()) {
    ByteReader reader{bytes};
    const auto size = reader.u32();
    const auto type = as_text(reader.bytes(4));
    if (!reader.ok() || size < 8 || size > bytes.size()) throw std::runtime_error{"broken box"};
    visit(type, bytes.subspan(8, size - 8));
    bytes = bytes.subspan(size);
  }
}

/// Reads a traf by ISO 14496-12 8.8.7 (tfhd), 8.8.8 (trun) and 8.8.12 (tfdt).
inline TrackFragment parse_traf(BytesView traf) {
  TrackFragment out;
  std::uint32_t default_duration = 0, default_size = 0, default_flags = 0;
  for_each_box(traf, [&](std::string_view type, BytesView body) {
    ByteReader reader{body};
    const auto version = reader.u8();
    const auto flags = reader.u24();
    if (type == "tfhd") {
      out.track = reader.u32();
      if (flags & 0x1) reader.u64();
      if (flags & 0x2) reader.u32();
      if (flags & 0x8) default_duration = reader.u32();
      if (flags & 0x10) default_size = reader.u32();
      if (flags & 0x20) default_flags = reader.u32();
    } else if (type == "tfdt") {
      out.tfdt = version == 1 ? static_cast<std::int64_t>(reader.u64()) : reader.u32();
    } else if (type == "trun") {
      const auto count = reader.u32();
      if (flags & 0x1) reader.u32();
      const auto first_flags = flags & 0x4 ? reader.u32() : default_flags;
      auto dts = out.end();
      for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
        Sample sample{.dts = dts};
        sample.duration = flags & 0x100 ? reader.u32() : default_duration;
        sample.size = flags & 0x200 ? reader.u32() : default_size;
        auto sample_flags = flags & 0x400 ? reader.u32() : default_flags;
        if (i == 0 && flags & 0x4) sample_flags = first_flags;
        if (flags & 0x800) {
          const auto offset = reader.u32();
          sample.cts = version == 0 ? offset : static_cast<std::int32_t>(offset);
        }
        sample.sync = (sample_flags & 0x10000) == 0;
        dts += sample.duration;
        out.samples.push_back(sample);
      }
    }
  });
  return out;
}

/// Reads moof and mdat.
inline Fragment parse_fragment(BytesView bytes) {
  Fragment out;
  for_each_box(bytes, [&](std::string_view type, BytesView body) {
    if (type == "mdat") out.mdat_size += body.size();
    if (type != "moof") return;
    ++out.moofs;
    for_each_box(body, [&](std::string_view inner, BytesView traf) {
      if (inner == "traf") out.tracks.push_back(parse_traf(traf));
    });
  });
  return out;
}

/// The types of the boxes directly in `bytes`, with spaces between.
inline std::string box_types(BytesView bytes) {
  std::string out;
  for_each_box(bytes, [&](std::string_view type, BytesView) {
    if (!out.empty()) out += ' ';
    out += type;
  });
  return out;
}

}  // namespace levee::test
