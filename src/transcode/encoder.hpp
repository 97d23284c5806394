#pragma once

#include <memory>
#include <string>
#include <vector>

#include "levee/base/result.hpp"
#include "levee/media/packet.hpp"

#include "transcode/libav.hpp"
#include "transcode/rung_plan.hpp"

namespace levee::transcode {

/// Scales pictures to one rung's size and encodes them to H.264: each at once, without reordering, and with
/// key frames only where they are asked for.
///
/// Thread: one at a time.
class Encoder {
 public:
  /// `like` is a picture of the source: its shape of pixels and its colours are kept.
  /// Errors: Errc::encoder_missing, those of libav.
  static Result<std::unique_ptr<Encoder>> open(const RungPlan& plan, const AVFrame& like);

  /// The picture in the rung's size, for `encode` and for smaller rungs. Lifetime: until the next call.
  /// Errors: Errc::scaler_refused.
  Result<AVFrame*> scale(const AVFrame& from);

  /// Errors: those of libav.
  Result<std::vector<media::Packet>> encode(AVFrame& picture, media::MediaTime pts, bool key);
  /// What was held back.
  std::vector<media::Packet> drain();

  const AVCodecParameters& parameters() const { return *parameters_; }
  /// RFC 6381: "avc1.64001f".
  std::string codec_string() const;

 private:
  Encoder() = default;
  ErrorCode start(const RungPlan& plan, const AVFrame& like);
  ErrorCode receive(std::vector<media::Packet>& packets);

  CodecPtr context_;
  ParametersPtr parameters_;
  ScalerPtr scaler_;
  FramePtr scaled_;
  PacketPtr packet_;
};

}  // namespace levee::transcode
