#pragma once

#include <functional>

#include "levee/base/result.hpp"
#include "levee/media/packet.hpp"

#include "transcode/libav.hpp"

namespace levee::transcode {

/// Decodes one video track into pictures, in the order in which they are shown.
///
/// Errors: those of libav. A packet that cannot be decoded gives no picture; the next one may.
/// Thread: one at a time.
class Decoder {
 public:
  /// Takes a picture; its `pts` is the packet's, in media time. Lifetime: of the call.
  using TakeFrame = std::function<void(AVFrame&)>;

  static Result<std::unique_ptr<Decoder>> open(const media::TrackConfig& track, TakeFrame take);

  ErrorCode decode(const media::Packet& packet);
  /// Gives the pictures it holds back; then it is as new.
  void drain();
  /// Forgets the pictures it holds back: the next packet is a key frame.
  void reset() { avcodec_flush_buffers(context_.get()); }

 private:
  Decoder(CodecPtr context, TakeFrame take);
  ErrorCode receive();

  CodecPtr context_;
  PacketPtr packet_;
  FramePtr frame_;
  TakeFrame take_;
};

}  // namespace levee::transcode
