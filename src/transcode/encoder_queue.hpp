#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

#include "levee/hls/cutter.hpp"
#include "levee/media/packet.hpp"

namespace levee::transcode {

/// Other tracks from the next packet on; see hls::Pipeline::begin.
struct Begin {
  std::shared_ptr<const media::TrackConfig> video;
  std::shared_ptr<const media::TrackConfig> audio;
  media::FrameRate frame_rate;
};
/// `source` is made by the ladder from the next cut on, at this bit rate; 0: no longer.
struct EncodeSource {
  std::uint32_t bitrate = 0;
};
/// Video was dropped here; the next video packet is a key frame.
struct Lost {};
/// Nothing follows but perhaps another Begin. `done` is for the home shard.
struct Finish {
  std::function<void()> done;
};

using LadderEvent = std::variant<Begin, hls::Cut, media::Packet, hls::PartEnd, EncodeSource, Lost, Finish>;

/// Carries a stream's events from its home shard to its encoder thread.
///
/// Limits: `time` of media and `bytes` of packets. Beyond either, all video that waits is dropped, and what
/// comes up to the next key frame, and counted; audio and cuts pass, so that the parts go on as gaps. A
/// consumer that takes nothing at all is given up after `kEventLimit` events.
/// Thread: one pushes, one pops.
class EncoderQueue {
 public:
  static constexpr std::size_t kEventLimit = 20'000;

  EncoderQueue(media::MediaTime time, std::size_t bytes) : time_limit_{time}, byte_limit_{bytes} {}

  /// False when the queue has been given up; it takes nothing more.
  bool push(LadderEvent event);
  /// The next event; nothing when the queue was closed. Waits.
  std::optional<LadderEvent> pop();
  /// Wakes `pop` for the last time and drops what waits.
  void close();
  bool closed() const;

  /// Decode time of the newest video packet pushed.
  media::MediaTime newest_video() const;
  std::uint64_t dropped() const;

 private:
  bool over_limit() const;
  void drop_video();

  const media::MediaTime time_limit_;
  const std::size_t byte_limit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LadderEvent> events_;
  std::size_t bytes_ = 0;
  std::optional<media::MediaTime> oldest_video_;  ///< of those that wait
  media::MediaTime newest_video_ = 0;
  bool dropping_ = false;
  bool closed_ = false;
  std::uint64_t dropped_ = 0;
};

}  // namespace levee::transcode
