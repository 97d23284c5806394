#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "levee/media/aac.hpp"
#include "levee/media/mpegts.hpp"

#include "media/pes.hpp"

namespace levee::media {

/// Turns the PES packets of an AAC stream with ADTS headers into configs and packets, one packet a frame. A
/// frame may begin in one PES packet and end in the next.
class AdtsStream {
 public:
  void unit(const Pes& pes, std::deque<TsDemuxer::Event>& events);

  /// A PES packet is missing: a frame that began before it is of no use.
  void lose();

  /// Stretches of bytes that were no frame, and frames of a kind that is not supported.
  std::uint64_t damaged() const { return damaged_; }

 private:
  bool configure(const AdtsHeader& header, std::deque<TsDemuxer::Event>& events);
  void emit(BytesView frame, std::deque<TsDemuxer::Event>& events);
  MediaTime frame_time() const;

  Bytes rest_;                        ///< the beginning of a frame
  std::optional<AdtsHeader> header_;  ///< the one in force; sizes in it mean nothing
  bool supported_ = false;
  std::uint32_t rate_ = 0;
  std::optional<MediaTime> since_;  ///< the last timestamp; frames are counted from it
  std::int64_t frames_ = 0;
  std::uint64_t damaged_ = 0;
};

}  // namespace levee::media
