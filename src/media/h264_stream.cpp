#include "media/h264_stream.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "media/bit_reader.hpp"

namespace levee::media {
namespace {

constexpr std::size_t kMaxSet = 4096;
constexpr MediaTime kLongestInterval = kTimescale / 5;

bool is_picture(NalType type) { return type >= NalType::slice && type <= NalType::idr; }

/// seq_parameter_set_id stands behind the profile's three bytes, pic_parameter_set_id at the front.
std::optional<std::uint32_t> set_id(BytesView nal) {
  const bool sps = nal_type(nal) == NalType::sps;
  BitReader reader{nal};
  reader.skip(sps ? 32 : 8);
  const auto id = reader.ue();
  if (!reader.ok() || id > (sps ? 31u : 255u)) return std::nullopt;
  return id;
}

}  // namespace

bool ParameterSets::add(BytesView nal) {
  const auto id = set_id(nal);
  if (!id || nal.size() > kMaxSet) return false;
  auto& kept = (nal_type(nal) == NalType::sps ? sps_ : pps_)[*id];
  if (std::equal(kept.begin(), kept.end(), nal.begin(), nal.end())) return false;
  kept.assign(nal.begin(), nal.end());
  return true;
}

Result<Bytes> ParameterSets::config() const {
  std::vector<BytesView> sps;
  std::vector<BytesView> pps;
  sps.reserve(sps_.size());
  pps.reserve(pps_.size());
  for (const auto& [id, nal] : sps_) sps.emplace_back(nal);
  for (const auto& [id, nal] : pps_) pps.emplace_back(nal);
  return make_avc_config(sps, pps);
}

void H264Stream::unit(const Pes& pes, std::deque<TsDemuxer::Event>& events) {
  if (pes.dts) {
    const auto distance = last_dts_ ? *pes.dts - *last_dts_ : 0;
    if (distance > 0 && distance <= kLongestInterval) interval_ = distance;
    next_dts_ = *pes.dts;
    next_pts_ = *pes.pts;
    last_dts_ = pes.dts;
  }
  AccessUnit unit;
  unit.data.reserve(pes.payload().size() + 16);
  AnnexBNals nals{pes.payload()};
  while (const auto nal = nals.next()) {
    const auto type = nal_type(*nal);
    if (type == NalType::access_unit_delimiter && unit.has_picture) emit(std::exchange(unit, {}), events);
    if (type == NalType::sps || type == NalType::pps) sets_changed_ = sets_.add(*nal) || sets_changed_;
    if (is_out_of_band(type)) continue;
    unit.has_picture = unit.has_picture || is_picture(type);
    unit.key = unit.key || type == NalType::idr;
    ByteWriter writer{unit.data};
    writer.u32(static_cast<std::uint32_t>(nal->size()));
    writer.bytes(*nal);
  }
  if (unit.has_picture) emit(std::move(unit), events);
}

/// Gives one access unit. One that is not the first of its PES packet, or whose packet has no time, comes one
/// interval after the one before.
void H264Stream::emit(AccessUnit unit, std::deque<TsDemuxer::Event>& events) {
  if (sets_changed_) update_config(events);
  Packet packet;
  packet.track = TrackKind::video;
  packet.key = unit.key;
  packet.dts = next_dts_;
  packet.pts = next_pts_;
  next_dts_ = (next_dts_ + interval_) % kTsWrap;
  next_pts_ = (next_pts_ + interval_) % kTsWrap;
  if (!config_) {
    ++damaged_;
    return;
  }
  packet.data = share(std::move(unit.data));
  events.emplace_back(std::move(packet));
}

void H264Stream::update_config(std::deque<TsDemuxer::Event>& events) {
  sets_changed_ = false;
  const auto avcc = sets_.config();
  if (!avcc) return;
  auto config = parse_avc_config(*avcc);
  if (!config) return;
  config_ = config->extradata;
  events.emplace_back(std::move(*config));
}

}  // namespace levee::media
