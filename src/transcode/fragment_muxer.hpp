#pragma once

#include <array>
#include <memory>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/media/packet.hpp"

#include "transcode/libav.hpp"

namespace levee::transcode {

/// Writes packets of up to two tracks into CMAF fragments in memory: an init segment once, then one moof and
/// mdat for each `flush`.
///
/// On the fragments' timeline, media time 0 is `kBase`: encoders may start below 0, tfdt may not. A video
/// frame's decode time there is `dts` plus the first packet's `pts - dts`, with negative composition offsets:
/// decode times then are those of presentation order.
///
/// Errors: those of libav; a packet that is refused is lost, the muxer goes on.
/// Thread: one at a time.
class FragmentMuxer {
 public:
  static constexpr media::MediaTime kBase = 10 * media::kTimescale;

  /// Either track may be null, not both. The parameters are copied. H.264 packets are length-prefixed when
  /// the extradata is an avcC record and Annex B when it is Annex B.
  static Result<std::unique_ptr<FragmentMuxer>> open(const AVCodecParameters* video,
                                                     const AVCodecParameters* audio);
  ~FragmentMuxer();
  FragmentMuxer(const FragmentMuxer&) = delete;
  FragmentMuxer& operator=(const FragmentMuxer&) = delete;

  /// ftyp and moov.
  const SharedBytes& init() const { return init_; }

  /// Adds a frame to the fragment. Within a track `dts` grows strictly; `duration` reaches to the next frame.
  ErrorCode write(const media::Packet& packet, media::MediaTime duration);

  /// The fragment of all frames since the last one. Errors: those of libav; nothing written is no error, and
  /// gives no bytes.
  Result<SharedBytes> flush();

 private:
  FragmentMuxer() = default;
  ErrorCode start(const AVCodecParameters* video, const AVCodecParameters* audio);
  ErrorCode add_stream(const AVCodecParameters* parameters, media::TrackKind track);
  SharedBytes take();
  static int append(void* self, std::uint8_t* data, int size);

  AVFormatContext* context_ = nullptr;
  PacketPtr packet_;
  std::array<AVStream*, 2> streams_{};  ///< by media::TrackKind
  Bytes written_;                       ///< grows once to the size of the largest fragment
  SharedBytes init_;
  bool header_written_ = false;
};

}  // namespace levee::transcode
