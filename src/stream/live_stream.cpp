#include "stream/live_stream.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"

namespace levee::stream {
namespace {

/// A publisher that sends for so long without anything playable is told why.
constexpr Duration kPatience = std::chrono::seconds{10};

std::string describe_video(const media::TrackConfig& config, media::FrameRate rate) {
  std::string text =
      config.codec_string + ' ' + std::to_string(config.width) + 'x' + std::to_string(config.height);
  if (rate.numerator == 0 || rate.denominator == 0) return text;
  char fps[32];
  std::snprintf(fps, sizeof fps, "@%.4g", double{1} * rate.numerator / rate.denominator);
  return text + fps;
}

std::string describe_audio(const media::TrackConfig& config) {
  return config.codec_string + ' ' + std::to_string(config.sample_rate) + 'x' +
         std::to_string(config.channels);
}

/// Adds what `now` is more than `before` and remembers it.
void count_up(Counter& counter, std::uint64_t& before, std::uint64_t now) {
  counter.add(now - before);
  before = now;
}

}  // namespace

LiveStream::LiveStream(std::string name, std::string id, WallTime started, const hls::Settings& settings,
                       Outlet& outlet, const hls::PipelineFactory& make_pipeline, hls::PostHome post_home,
                       Counters& counters, Events events)
    : settings_{settings},
      pipeline_factory_{make_pipeline},
      post_home_{std::move(post_home)},
      counters_{counters},
      events_{std::move(events)},
      show_{std::move(name), std::move(id), started, settings, outlet},
      key_frames_{settings} {
  show_.on_playable([this] {
    playing_ = true;
    events_.playing();
  });
}

void LiveStream::attach(const PublishRequest& request, TimePoint now) {
  auto& facts = show_.facts();
  facts.protocol = request.protocol;
  facts.peer = request.peer;
  facts.encoder.clear();
  ++facts.publications;
  timestamp_wrap_ = request.timestamp_wrap;
  source_ = {};
  publication_begun_ = false;
  playing_ = false;
  attached_ = now;
  warned_unplayable_ = false;
  gate_.restart();
  key_frames_.restart();
  update_warnings(now);
  show_.publish("");
}

void LiveStream::info(const media::SourceInfo& info) {
  source_ = info;
  show_.facts().encoder = info.encoder;
  gate_.info(info);
}

void LiveStream::config(const media::TrackConfig& config) { gate_.config(config); }

void LiveStream::packet(ArrivedPacket arrived) {
  if (failed_) return;
  const auto size = arrived.packet.data ? arrived.packet.data->size() : 0;
  show_.facts().bytes_in += size;
  counters_.bytes_in.add(size);
  gate_.packet(std::move(arrived.packet), arrived.arrival);
  update_warnings(arrived.arrival.now);
  count();
}

void LiveStream::begin(const Tracks& tracks, const Arrival& first) {
  if (!pipeline_ && !make_pipeline()) return;
  if (!publication_begun_) timeline_.begin(timestamp_wrap_);
  publication_begun_ = true;
  if (tracks.video) timeline_.config(*tracks.video);
  if (tracks.audio) timeline_.config(*tracks.audio);
  describe(tracks);

  const auto date = date_of_next(first);
  anchor_ = Dated{timeline_.next_free(), date};
  furthest_ = anchor_->pts;
  auto rate = tracks.video ? tracks.video->frame_rate : media::FrameRate{};
  if (rate.numerator == 0) rate = source_.frame_rate;
  try {
    pipeline_->begin(tracks.video, tracks.audio, rate, date);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
  if (!playing_ && show_.playable()) {
    playing_ = true;
    events_.playing();
  }
}

void LiveStream::packet(media::Packet packet, const Arrival& arrival) {
  if (failed_) return;
  auto repaired = timeline_.repair(std::move(packet), arrival.now);
  if (!repaired) return;
  if (repaired->track == media::TrackKind::video) key_frames_.packet(repaired->dts, repaired->key);
  furthest_ = std::max(furthest_, repaired->pts);
  try {
    pipeline_->packet(*repaired);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void LiveStream::set_state(StreamState state) {
  show_.set_state(state);
  show_.publish("");
}

void LiveStream::finish(std::function<void()> done) {
  auto end = [this, done = std::move(done)] {
    count();
    show_.end();
    done();
  };
  if (!pipeline_ || failed_) return end();
  pipeline_->finish(std::move(end));
}

bool LiveStream::make_pipeline() {
  try {
    pipeline_ = pipeline_factory_(show_.name(), post_home_, show_);
  } catch (const std::exception& error) {
    fail(error.what());
    return false;
  }
  if (!pipeline_) fail("no pipeline");
  return pipeline_ != nullptr;
}

void LiveStream::fail(const char* what) {
  failed_ = true;
  spdlog::error("stream={} pipeline failed error={}", show_.name(), log::value(what));
  show_.facts().warnings = {"the server could not process the stream"};
  show_.publish("");
  events_.failed(Errc::failed);
}

void LiveStream::describe(const Tracks& tracks) {
  auto& facts = show_.facts();
  facts.video.clear();
  facts.audio.clear();
  if (tracks.video) {
    const auto rate = tracks.video->frame_rate.numerator != 0 ? tracks.video->frame_rate : source_.frame_rate;
    facts.video = describe_video(*tracks.video, rate);
  }
  if (tracks.audio) facts.audio = describe_audio(*tracks.audio);
}

void LiveStream::count() {
  const auto& counts = timeline_.counts();
  count_up(counters_.timestamps_repaired, counted_.repaired, counts.repaired);
  count_up(counters_.timeline_jumps, counted_.jumps, counts.jumps);
  count_up(counters_.timeline_dropped, counted_.dropped, counts.dropped);
  count_up(counters_.undecodable, counted_left_out_, gate_.left_out());
  count_up(counters_.parts, counted_parts_, show_.parts());
  count_up(counters_.ignored_parts, counted_ignored_, show_.ignored_parts());
  show_.facts().timestamps_repaired = counts.repaired;
  show_.facts().timeline_jumps = counts.jumps;
}

void LiveStream::update_warnings(TimePoint now) {
  if (failed_) return;
  auto& warnings = show_.facts().warnings;
  warnings.clear();
  if (auto text = key_frames_.warning()) warnings.push_back(std::move(*text));
  if (show_.playable() || now - attached_ < kPatience) return;

  const auto why = gate_.waiting_for();
  warnings.push_back("nothing to play yet: " + (why.empty() ? "no segment part has been made" : why));
  if (std::exchange(warned_unplayable_, true)) return;
  spdlog::warn("stream={} {}", show_.name(), warnings.back());
  show_.publish("");
}

/// Dates come from the wall clock when a publication begins, but never run back: what a source sent faster
/// than real time already has the dates of the seconds to come.
WallTime LiveStream::date_of_next(const Arrival& first) const {
  if (!anchor_) return first.wall;
  const auto made = std::chrono::microseconds{(furthest_ - anchor_->pts) * 1'000'000 / media::kTimescale};
  return std::max(first.wall, anchor_->date + std::chrono::duration_cast<WallTime::duration>(made));
}

}  // namespace levee::stream
