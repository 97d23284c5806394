#include "transcode/rung.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "transcode/rendition.hpp"

namespace levee::transcode {

void Rung::begin(std::optional<RungPlan> plan, std::shared_ptr<const media::TrackConfig> audio) {
  plan_ = std::move(plan);
  audio_ = std::move(audio);
  encoder_.reset();
  failed_ = stopped_ = false;
  resume_at_.reset();
  last_pts_.reset();
  packager_.begin(nullptr, true, true);
  if (!plan_) offer(false);
}

void Rung::cut(const hls::Cut& cut, bool decodable) {
  if (stopped_) return;
  packager_.cut(cut);
  if (!cut.begins_segment || !decodable || !active() || !packager_.lost() || packager_.resuming()) return;
  packager_.resume_at(cut.at);
  resume_at_ = cut.at;
}

void Rung::audio(const media::Packet& packet) {
  if (audio_) packager_.packet(packet);
}

AVFrame* Rung::picture(const AVFrame& from, media::MediaTime pts, bool key) {
  if (!active() || (packager_.lost() && !packager_.resuming())) return nullptr;
  if (resume_at_ && pts + hls::kTurnJitter < *resume_at_) return nullptr;
  if (last_pts_ && pts <= *last_pts_) return nullptr;
  key = key || resume_at_.has_value();
  if (!turn(key)) return nullptr;
  ErrorCode error;
  if (!encoder_) error = open(from);
  if (!error) {
    const auto scaled = encoder_->scale(from);
    if (scaled) {
      auto packets = encoder_->encode(**scaled, pts, key);
      if (packets) {
        resume_at_.reset();
        counters_.frames.add();
        if (last_pts_) counters_.media_time.add(static_cast<std::uint64_t>(pts - *last_pts_));
        last_pts_ = pts;
        take(*packets);
        return *scaled;
      }
      error = packets.error();
    } else {
      error = scaled.error();
    }
  }
  spdlog::error("rung={} encoder failed error={}", name_, error.message());
  failed_ = true;
  lose();
  offer(false);
  return nullptr;
}

bool Rung::turn(bool key) {
  if (key) frames_since_key_ = 0;
  return frames_since_key_++ % plan_->frame_step == 0;
}

ErrorCode Rung::open(const AVFrame& like) {
  auto encoder = Encoder::open(*plan_, like);
  if (!encoder) return encoder.error();
  const auto audio = audio_ ? to_parameters(*audio_) : nullptr;
  auto muxer = FragmentMuxer::open(&(*encoder)->parameters(), audio.get());
  if (!muxer) return muxer.error();
  encoder_ = std::move(*encoder);

  auto info = describe(name_, encoder_->codec_string(), audio_ ? audio_->codec_string : "");
  info.width = plan_->width;
  info.height = plan_->height;
  info.frame_rate = plan_->frame_rate;
  info.nominal_bandwidth += plan_->bitrate;
  // The same bytes go on being the init segment; a player need not fetch them again.
  if (!init_ || *init_ != *(*muxer)->init() || info != info_) {
    init_ = (*muxer)->init();
    info_ = std::move(info);
    init_told_ = false;
  }
  packager_.set_muxer(std::move(*muxer));
  return {};
}

void Rung::take(const std::vector<media::Packet>& packets) {
  for (const auto& packet : packets) packager_.packet(packet);
}

void Rung::lose() {
  resume_at_.reset();
  last_pts_.reset();
  packager_.lose();
}

void Rung::set_shed(bool shed) {
  shed_ = shed;
  (shed ? counters_.sheds : counters_.restores).add();
  if (!shed) return;
  lose();
  offer(false);
}

void Rung::stop() {
  stopped_ = true;
  packager_.lose();
}

void Rung::drain() {
  if (encoder_) take(encoder_->drain());
  encoder_.reset();
  packager_.flush();
}

void Rung::offer(bool offered) {
  if (!known_ || offered_ == offered) return;
  offered_ = offered;
  calls_.push_back([name = name_, offered](hls::PartSink& sink) { sink.offered(name, offered); });
}

std::vector<Rung::SinkCall> Rung::take_calls() {
  for (auto& part : packager_.take_parts()) {
    if (!part.gap) {
      if (!std::exchange(init_told_, true))
        calls_.push_back([info = info_, init = init_](hls::PartSink& sink) { sink.init(info, init); });
      known_ = true;
      offer(true);
    }
    // Before its first picture there is no rendition that could have a gap.
    if (!known_) continue;
    calls_.push_back([name = name_, made = std::move(part)](hls::PartSink& sink) { sink.part(name, made); });
  }
  return std::exchange(calls_, {});
}

}  // namespace levee::transcode
