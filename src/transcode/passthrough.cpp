#include "transcode/passthrough.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "transcode/rendition.hpp"

namespace levee::transcode {

void Passthrough::begin(const media::TrackConfig* video, const media::TrackConfig* audio,
                        media::FrameRate frame_rate) {
  has_video_ = video != nullptr;
  has_audio_ = audio != nullptr;
  std::unique_ptr<FragmentMuxer> muxer;
  if (video || audio) {
    const auto video_parameters = video ? to_parameters(*video) : nullptr;
    const auto audio_parameters = audio ? to_parameters(*audio) : nullptr;
    auto opened = FragmentMuxer::open(video_parameters.get(), audio_parameters.get());
    if (opened) {
      muxer = std::move(*opened);
      announce(video, audio, frame_rate, muxer->init());
    } else {
      spdlog::error("rendition={} muxer refused error={}", name_, opened.error().message());
    }
  }
  const bool offered = muxer != nullptr;
  if (init_ && offered != offered_) give([this, offered] { sink_.offered(name_, offered); });
  offered_ = offered;
  handed_over_ = false;
  packager_.begin(std::move(muxer), has_video_, false);
}

void Passthrough::announce(const media::TrackConfig* video, const media::TrackConfig* audio,
                           media::FrameRate frame_rate, const SharedBytes& init) {
  auto info = describe(name_, video ? video->codec_string : "", audio ? audio->codec_string : "");
  if (video) {
    info.width = video->width;
    info.height = video->height;
    info.frame_rate = frames_a_second(frame_rate.numerator != 0 ? frame_rate : video->frame_rate);
    info.nominal_bandwidth += usual_bitrate(info.width, info.height, info.frame_rate);
  }
  // The same bytes go on being the init segment; a player need not fetch them again.
  if (init_ && *init_ == *init && info_ == info) return;
  info_ = std::move(info);
  init_ = init;
  give([this, sent = info_, bytes = init_] { sink_.init(sent, bytes); });
}

void Passthrough::event(const hls::CutEvent& event) {
  if (!init_ || (handed_over_ && packager_.idle())) return;
  if (const auto* cut = std::get_if<hls::Cut>(&event)) {
    if (!handed_over_) packager_.cut(*cut);
  } else if (const auto* end = std::get_if<hls::PartEnd>(&event)) {
    packager_.end(*end);
    deliver();
  } else {
    const auto& packet = std::get<media::Packet>(event);
    if (packet.track == media::TrackKind::video ? has_video_ : has_audio_) packager_.packet(packet);
  }
}

void Passthrough::flush() {
  packager_.flush();
  deliver();
}

void Passthrough::hand_over() {
  handed_over_ = true;
  // The other one announces its own: this one's init is then no longer the newest.
  info_ = {};
}

void Passthrough::release() {
  holding_ = false;
  for (const auto& call : std::exchange(held_, {})) call();
}

void Passthrough::deliver() {
  for (auto& part : packager_.take_parts())
    give([this, made = std::move(part)]() mutable { sink_.part(name_, std::move(made)); });
}

void Passthrough::give(std::function<void()> call) {
  if (holding_) {
    held_.push_back(std::move(call));
  } else {
    call();
  }
}

}  // namespace levee::transcode
