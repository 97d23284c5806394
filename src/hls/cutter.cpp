#include "levee/hls/cutter.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <utility>

namespace levee::hls {

using media::MediaTime;

namespace {

/// Timestamps in milliseconds make a 2 s distance of key frames 1.999 s at times.
constexpr MediaTime kJitter = media::kTimescale / 20;

}  // namespace

void Cutter::begin(bool video, bool audio, WallTime first_packet) {
  finish();
  has_video_ = video;
  has_audio_ = audio;
  ignore_key_frames_ = false;
  video_stopped_ = false;
  wall_origin_ = first_packet;
  time_origin_.reset();
  reorder_delay_.reset();
  last_video_.reset();
  last_key_.reset();
  last_audio_.reset();
  video_interval_ = last_interval_ = audio_interval_ = longest_key_distance_ = 0;
}

void Cutter::feed(const media::Packet& packet) {
  if (!time_origin_) time_origin_ = packet.pts;
  if (packet.track == media::TrackKind::video) {
    if (has_video_) feed_video(packet);
  } else if (has_audio_) {
    feed_audio(packet);
  }
  if (started_) settle();
}

void Cutter::feed_video(const media::Packet& packet) {
  if (!reorder_delay_) reorder_delay_ = packet.pts - packet.dts;
  const auto time = packet.dts + *reorder_delay_;
  if (last_video_) {
    const auto interval = std::max<MediaTime>(time - *last_video_, 1);
    video_interval_ = last_interval_ == 0 ? interval : std::min(interval, last_interval_);
    last_interval_ = interval;
  }
  if (packet.key) {
    if (last_key_) longest_key_distance_ = std::max(longest_key_distance_, time - *last_key_);
    last_key_ = time;
  }

  if (!started_) {
    start(time);
  } else if (video_stopped_ && packet.key && time > part_start_) {
    cut(time, true);
  } else {
    cut_before(time, packet.key);
  }
  video_stopped_ = false;
  last_video_ = time;
  output_.emplace_back(packet);
}

void Cutter::feed_audio(const media::Packet& packet) {
  const auto time = packet.dts;
  if (started_ && time < started_at_) return;  // as in start()
  if (last_audio_) audio_interval_ = std::max<MediaTime>(time - *last_audio_, 1);
  last_audio_ = time;
  held_audio_.push_back(packet);

  if (!has_video_) {
    if (!started_) {
      start(time);
    } else if (segment_due(time, false)) {
      cut(time, true);
    } else if (part_due(time, audio_interval_)) {
      cut(time, false);
    }
  } else if (!started_) {
    if (time - held_audio_.front().dts > kVideoPatience) {
      start(held_audio_.front().dts);
      video_stopped_ = true;
      cut_by_audio(time);
    }
  } else {
    if (!video_stopped_) video_stopped_ = time - last_video_.value_or(part_start_) > kVideoPatience;
    if (video_stopped_) cut_by_audio(time);
  }
}

void Cutter::start(MediaTime at) {
  // Sound before the first picture could not be shown with one.
  while (!held_audio_.empty() && held_audio_.front().dts < at) held_audio_.pop_front();
  started_ = true;
  started_at_ = at;
  cut(at, true);
}

void Cutter::cut_before(MediaTime time, bool key) {
  cut_late(time);
  if (time <= part_start_) return;
  if (segment_due(time, key)) {
    cut(time, true, ignore_key_frames_);
  } else if (!ignore_key_frames_ && overdue(time)) {
    cut(time, true, true);
  } else if (part_due(time, video_interval_)) {
    cut(time, false);
  }
}

/// The frame at `time` came later than expected, and what is open would be too long with the one before it.
void Cutter::cut_late(MediaTime time) {
  if (!last_video_ || *last_video_ <= part_start_) return;
  const bool key = last_key_ == *last_video_;
  if (time - segment_start_ > settings_.segment_limit()) {
    cut(*last_video_, true, !key, true);
  } else if (time - part_start_ > settings_.part_target()) {
    cut(*last_video_, false, false, true);
  }
}

/// While there is no video to go by, time alone ends parts; audio has come as far as `time`.
void Cutter::cut_by_audio(MediaTime time) {
  if (time - part_start_ > 2 * settings_.segment_limit()) return cut(time, true);
  while (time - part_start_ >= settings_.part) {
    const auto at = std::max(part_start_ + settings_.part, last_video_.value_or(part_start_) + 1);
    cut(at, at - segment_start_ + settings_.part / 2 >= settings_.segment);
  }
}

bool Cutter::segment_due(MediaTime time, bool key) const {
  const auto elapsed = time - segment_start_;
  if (!has_video_) return elapsed + audio_interval_ / 2 >= settings_.segment;
  if (ignore_key_frames_) return elapsed + video_interval_ / 2 >= settings_.segment;
  if (!key) return false;
  return elapsed >= settings_.segment - kJitter ||
         (elapsed >= settings_.part && elapsed + longest_key_distance_ > settings_.segment_limit());
}

bool Cutter::overdue(MediaTime time) const {
  return time - segment_start_ + 2 * video_interval_ > settings_.segment_limit();
}

bool Cutter::part_due(MediaTime time, MediaTime interval) const {
  const auto length = time - part_start_;
  const auto next = length + interval;
  return next > settings_.part_target() ||
         std::abs(length - settings_.part) <= std::abs(next - settings_.part);
}

void Cutter::cut(MediaTime at, bool begins_segment, bool overdue, bool late) {
  const bool first = open_.empty();
  if (!first) open_.back().end = PartEnd{at, begins_segment, video_stopped_};
  if (begins_segment) {
    if (any_segment_) ++msn_;
    segment_start_ = at;
  }
  part_start_ = at;
  open_.push_back({.start = at, .end = std::nullopt});
  output_.emplace_back(Cut{.msn = msn_,
                           .begins_segment = begins_segment,
                           .discontinuity = first && any_segment_,
                           .overdue = overdue,
                           .late = late,
                           .at = at,
                           .program_date_time = wall_time(at)});
  any_segment_ = true;
}

/// Gives audio to the parts it belongs to, and ends those that have all of theirs.
void Cutter::settle() {
  while (open_.front().end) {
    const auto end = *open_.front().end;
    release_audio(end.at);
    if (!audio_complete(open_.front())) return;
    output_.emplace_back(end);
    open_.pop_front();
  }
  // A cut may yet come at the last video frame, but not before it.
  const bool by_video = has_video_ && !video_stopped_;
  release_audio(by_video ? last_video_.value_or(part_start_) : std::numeric_limits<MediaTime>::max());
}

bool Cutter::audio_complete(const OpenPart& part) const {
  if (!has_audio_ || !held_audio_.empty() || !has_video_ || video_stopped_) return true;
  const bool silent = !last_audio_ || *last_audio_ < part.start - kVideoPatience;
  return silent || last_video_.value_or(part.start) - part.end->at >= kAudioPatience;
}

void Cutter::release_audio(MediaTime before) {
  for (; !held_audio_.empty() && held_audio_.front().dts < before; held_audio_.pop_front())
    output_.emplace_back(std::move(held_audio_.front()));
}

void Cutter::finish() {
  if (started_) {
    auto end = part_start_ + 1;
    if (last_video_) end = std::max(end, *last_video_ + video_interval_);
    if (last_audio_ && (!has_video_ || video_stopped_)) end = std::max(end, *last_audio_ + audio_interval_);
    open_.back().end = PartEnd{.at = end, .ends_segment = true, .without_video = video_stopped_};
    for (const auto& part : open_) {
      release_audio(part.end->at);
      output_.emplace_back(*part.end);
    }
  }
  open_.clear();
  held_audio_.clear();
  started_ = false;
}

WallTime Cutter::wall_time(MediaTime time) const {
  using Ticks = std::chrono::duration<MediaTime, std::ratio<1, media::kTimescale>>;
  return wall_origin_ +
         std::chrono::duration_cast<WallTime::duration>(Ticks{time - time_origin_.value_or(time)});
}

}  // namespace levee::hls
