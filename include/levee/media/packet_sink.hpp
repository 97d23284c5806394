#pragma once

#include "levee/media/packet.hpp"

namespace levee::media {

/// What the publisher says of its stream, from onMetaData or the like. Shown to people, never trusted.
struct SourceInfo {
  std::string encoder;  ///< "obs-output module (libobs version 29.0.2)"; at most 128 bytes
  bool expects_video = true;
  bool expects_audio = true;
  FrameRate frame_rate;
};

/// Takes what a publisher sends. RTMP and SRT sessions end in one.
///
/// A track's config comes before its packets; a config that differs from the last one changes the track from
/// the next packet on. Packets come in the publisher's order with its own timestamps.
/// Thread: the one of whoever holds it. Destroying it ends the publication (see stream::Publication).
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void info(const SourceInfo& info) = 0;
  virtual void config(const TrackConfig& config) = 0;
  virtual void packet(Packet packet) = 0;
};

}  // namespace levee::media
