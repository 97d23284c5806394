#include "transcode/packager.hpp"

#include <algorithm>
#include <utility>

namespace levee::transcode {

using media::MediaTime;

void Packager::begin(std::unique_ptr<FragmentMuxer> muxer, bool video, bool lost) {
  flush();
  muxer_ = std::move(muxer);
  video_ = video;
  lost_ = lost || !muxer_;
  resume_at_.reset();
  reorder_delay_.reset();
  video_seen_.reset();
  audio_interval_ = 0;
  open_.clear();
  frames_.clear();
}

void Packager::cut(const hls::Cut& cut) { open_.push_back({.cut = cut, .end = std::nullopt, .audio = {}}); }

void Packager::end(const hls::PartEnd& end) {
  const auto part = std::ranges::find_if(open_, [](const OpenPart& open) { return !open.end; });
  // The end of a part that began before this packager did.
  if (part == open_.end() || end.at <= part->cut.at) return;
  part->end = end;
  make_ready_parts(false);
}

void Packager::packet(const media::Packet& packet) {
  if (packet.track == media::TrackKind::audio) {
    const auto part = std::ranges::find_if(open_, [](const OpenPart& open) { return !open.end; });
    if (part != open_.end()) part->audio.push_back(packet);
    return;
  }
  if (!reorder_delay_) reorder_delay_ = packet.pts - packet.dts;
  video_seen_ = time_of(packet);
  frames_.push_back(packet);
  make_ready_parts(false);
}

void Packager::lose() {
  lost_ = true;
  resume_at_.reset();
  frames_.clear();
  make_ready_parts(false);
}

void Packager::flush() { make_ready_parts(true); }

void Packager::make_ready_parts(bool all) {
  while (!open_.empty() && open_.front().end && (all || ready(open_.front()))) {
    parts_.push_back(make(open_.front()));
    open_.pop_front();
  }
}

bool Packager::ready(const OpenPart& part) const {
  if (!video_ || part.end->without_video) return true;
  if (lost_ && (!resume_at_ || part.end->at <= *resume_at_)) return true;
  return video_seen_ && !before(*video_seen_, part.end->at);
}

hls::Part Packager::make(OpenPart& part) {
  const auto in_part = [&](const media::Packet& frame) { return before(time_of(frame), part.end->at); };
  const bool has_frame = !frames_.empty() && in_part(frames_.front());
  const bool key = has_frame && frames_.front().key;
  if (lost_ && muxer_ && resume_at_ && part.cut.at >= *resume_at_) {
    // A decoder must find a key frame where the frames begin again.
    lost_ = !key && !part.end->without_video;
    resume_at_.reset();
  }

  hls::Part made{.msn = part.cut.msn,
                 .begins_segment = part.cut.begins_segment,
                 .ends_segment = part.end->ends_segment,
                 .independent = video_ ? key : true,
                 .gap = false,
                 .discontinuity = part.cut.discontinuity,
                 .start = part.cut.at,
                 .duration = part.end->at - part.cut.at,
                 .program_date_time = part.cut.program_date_time,
                 .data = nullptr};
  const bool picture_missing = video_ && !has_frame && !part.end->without_video;
  if (!lost_ && !picture_missing) made.data = mux(part);
  while (!frames_.empty() && in_part(frames_.front())) frames_.pop_front();
  made.gap = !made.data || made.data->empty();
  if (made.gap) {
    made.data = nullptr;
    made.independent = false;
  }
  return made;
}

SharedBytes Packager::mux(OpenPart& part) {
  write_video(part.end->at);
  write_audio(part.audio);
  auto fragment = muxer_->flush();
  if (fragment) return *fragment;
  ++errors_;
  return nullptr;
}

void Packager::write_video(MediaTime end) {
  while (!frames_.empty() && before(time_of(frames_.front()), end)) {
    const auto time = time_of(frames_.front());
    const auto next = frames_.size() > 1 ? time_of(frames_[1]) : std::max(end, time + 1);
    if (muxer_->write(frames_.front(), next - time)) ++errors_;
    frames_.pop_front();
  }
}

void Packager::write_audio(const std::vector<media::Packet>& audio) {
  for (std::size_t i = 0; i < audio.size(); ++i) {
    if (i + 1 < audio.size()) audio_interval_ = audio[i + 1].dts - audio[i].dts;
    if (muxer_->write(audio[i], audio_interval_)) ++errors_;
  }
}

}  // namespace levee::transcode
