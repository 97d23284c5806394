#include "stream/track_gate.hpp"

#include <utility>

namespace levee::stream {
namespace {

bool same(const std::shared_ptr<const media::TrackConfig>& a,
          const std::shared_ptr<const media::TrackConfig>& b) {
  return a == b || (a && b && a->same_decoder(*b));
}

}  // namespace

void TrackGate::restart() {
  info_ = {};
  known_ = {};
  passing_ = {};
  begun_ = false;
  held_.clear();
  held_bytes_ = 0;
  sound_since_.reset();
  video_packet_seen_ = false;
}

void TrackGate::config(const media::TrackConfig& config) {
  auto& known = config.kind() == media::TrackKind::video ? known_.video : known_.audio;
  auto shared = std::make_shared<const media::TrackConfig>(config);
  if (known && same(known, shared)) return;
  const bool replaces = known != nullptr;
  known = std::move(shared);
  if (begun_ || !replaces) return;
  // What is held belongs to the old parameters.
  left_out_ += held_.size();
  held_.clear();
  held_bytes_ = 0;
}

bool TrackGate::changed(media::TrackKind kind) const {
  return kind == media::TrackKind::video ? !same(known_.video, passing_.video)
                                         : !same(known_.audio, passing_.audio);
}

void TrackGate::packet(media::Packet packet, const Arrival& arrival) {
  const bool video = packet.track == media::TrackKind::video;
  video_packet_seen_ = video_packet_seen_ || video;
  if (!(video ? known_.video : known_.audio)) return leave_out();
  if (!begun_) return wait_for_begin(std::move(packet), arrival);

  if (changed(media::TrackKind::video) || changed(media::TrackKind::audio)) {
    const bool may_begin = known_.video ? video && packet.key : true;
    if (may_begin) {
      begin(known_, arrival);
    } else if (changed(packet.track)) {
      return leave_out();
    }
  }
  output_.packet(std::move(packet), arrival);
}

void TrackGate::wait_for_begin(media::Packet packet, const Arrival& arrival) {
  if (!known_.video) return wait_for_picture(std::move(packet), arrival);

  const bool key_frame = packet.track == media::TrackKind::video && packet.key;
  if (held_.empty() && !key_frame) return leave_out();
  held_bytes_ += packet.data ? packet.data->size() : 0;
  held_.push_back({std::move(packet), arrival});
  if (known_.audio || !info_.expects_audio || waited_long_enough(held_.back())) {
    begin(known_, held_.front().arrival);
    release();
  }
}

void TrackGate::wait_for_picture(media::Packet packet, const Arrival& arrival) {
  if (!sound_since_) sound_since_ = packet.dts;
  const bool long_enough = packet.dts - *sound_since_ >= kWaitForVideo && !video_packet_seen_;
  if (info_.expects_video && !long_enough) return leave_out();
  begin(known_, arrival);
  output_.packet(std::move(packet), arrival);
}

bool TrackGate::waited_long_enough(const Held& newest) const {
  const auto& oldest = held_.front();
  return newest.packet.dts - oldest.packet.dts >= kWaitForAudio ||
         newest.arrival.now - oldest.arrival.now >= kWaitAtMost || held_bytes_ >= kHeldBytes;
}

void TrackGate::begin(const Tracks& tracks, const Arrival& first) {
  begun_ = true;
  passing_ = tracks;
  output_.begin(tracks, first);
}

void TrackGate::release() {
  for (auto& each : std::exchange(held_, {})) output_.packet(std::move(each.packet), each.arrival);
  held_bytes_ = 0;
}

std::string TrackGate::waiting_for() const {
  if (begun_) return "";
  if (!known_.video && !known_.audio) return "neither H.264 nor AAC was announced";
  if (!known_.video) return "no picture has come";
  return held_.empty() ? "no key frame has come" : "it is not known yet whether there is sound";
}

}  // namespace levee::stream
