#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "levee/media/h264.hpp"
#include "levee/media/mpegts.hpp"

#include "media/pes.hpp"

namespace levee::media {

/// The parameter sets that were seen in band, by their ids.
/// Limits: the ids that H.264 has, sets of at most 4096 bytes.
class ParameterSets {
 public:
  /// Keeps an SPS or a PPS in place of the one with its id. Gives whether that changed anything.
  bool add(BytesView nal);

  /// All of them as a decoder configuration. Errors: as make_avc_config.
  Result<Bytes> config() const;

 private:
  std::map<std::uint32_t, Bytes> sps_;
  std::map<std::uint32_t, Bytes> pps_;
};

/// Turns the PES packets of an H.264 stream into configs and packets, one packet an access unit.
class H264Stream {
 public:
  void unit(const Pes& pes, std::deque<TsDemuxer::Event>& events);

  /// Access units that came before any usable parameter sets.
  std::uint64_t damaged() const { return damaged_; }

 private:
  struct AccessUnit {
    Bytes data;
    bool has_picture = false;
    bool key = false;
  };

  void emit(AccessUnit unit, std::deque<TsDemuxer::Event>& events);
  void update_config(std::deque<TsDemuxer::Event>& events);

  ParameterSets sets_;
  bool sets_changed_ = false;
  SharedBytes config_;
  std::optional<MediaTime> last_dts_;
  MediaTime next_dts_ = 0;
  MediaTime next_pts_ = 0;
  MediaTime interval_ = kTimescale / 30;  ///< between the last two timestamps
  std::uint64_t damaged_ = 0;
};

}  // namespace levee::media
