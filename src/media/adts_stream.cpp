#include "media/adts_stream.hpp"

#include <algorithm>
#include <utility>

namespace levee::media {
namespace {

constexpr std::uint8_t kAdtsType = 0x0f;
constexpr MediaTime kFrameSamples = 1024;

/// Where the next sync word may be in `bytes`, at 1 or later.
std::size_t find_sync(BytesView bytes) {
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    if (bytes[i] != std::byte{0xff}) continue;
    if (i + 1 == bytes.size() || (bytes[i + 1] & std::byte{0xf6}) == std::byte{0xf0}) return i;
  }
  return bytes.size();
}

bool same_config(const AdtsHeader& a, const AdtsHeader& b) {
  return a.object_type == b.object_type && a.rate_index == b.rate_index && a.channels == b.channels;
}

}  // namespace

void AdtsStream::unit(const Pes& pes, std::deque<TsDemuxer::Event>& events) {
  // The timestamp is of the first frame that begins in this unit; what is left of the last one goes before.
  const auto carried = rest_.size();
  auto bytes = std::exchange(rest_, {});
  bytes.insert(bytes.end(), pes.payload().begin(), pes.payload().end());
  bool timed = !pes.pts;
  bool in_step = true;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto left = BytesView{bytes}.subspan(at);
    if (!timed && at >= carried) {
      since_ = pes.pts;
      frames_ = 0;
      timed = true;
    }
    const auto header =
        left.size() < kAdtsHeaderSize ? Result<AdtsHeader>{AdtsHeader{}} : parse_adts_header(left);
    if (header && (header->frame_size == 0 || header->frame_size > left.size())) {
      rest_.assign(left.begin(), left.end());
      return;
    }
    if (!header) {
      damaged_ += in_step ? 1 : 0;
      in_step = false;
      at += find_sync(left);
      continue;
    }
    in_step = true;
    at += header->frame_size;
    const auto frame = left.subspan(header->header_size, header->frame_size - header->header_size);
    if (configure(*header, events) && since_) emit(frame, events);
    ++frames_;
  }
}

void AdtsStream::lose() {
  if (!rest_.empty()) ++damaged_;
  rest_.clear();
}

bool AdtsStream::configure(const AdtsHeader& header, std::deque<TsDemuxer::Event>& events) {
  if (header_ && same_config(*header_, header)) {
    damaged_ += supported_ ? 0 : 1;
    return supported_;
  }
  if (since_ && rate_ != 0) since_ = frame_time();
  frames_ = 0;
  header_ = header;
  auto config = parse_aac_config(make_aac_config(header));
  supported_ = config.has_value();
  if (!supported_) {
    ++damaged_;
    events.emplace_back(UnsupportedStream{kAdtsType, config.error().message()});
    return false;
  }
  rate_ = config->sample_rate;
  events.emplace_back(std::move(*config));
  return true;
}

MediaTime AdtsStream::frame_time() const {
  return (*since_ + frames_ * kFrameSamples * kTimescale / rate_) % kTsWrap;
}

void AdtsStream::emit(BytesView frame, std::deque<TsDemuxer::Event>& events) {
  Packet packet;
  packet.track = TrackKind::audio;
  packet.key = true;
  packet.dts = packet.pts = frame_time();
  packet.data = share(Bytes(frame.begin(), frame.end()));
  events.emplace_back(std::move(packet));
}

}  // namespace levee::media
