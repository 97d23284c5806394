#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "levee/transcode/load_shedding.hpp"
#include "levee/transcode/transcoder.hpp"

#include "transcode/counters.hpp"
#include "transcode/decoder.hpp"
#include "transcode/encoder_queue.hpp"
#include "transcode/home_link.hpp"
#include "transcode/load_meter.hpp"
#include "transcode/rung.hpp"

namespace levee::transcode {

/// The encoder thread of one stream: decodes once, scales in a cascade, encodes each rung, packs the parts.
///
/// Nothing that the source does ends it: pictures that cannot be decoded or encoded become gaps.
/// Thread: `run` is the thread; the rest is for the home shard.
class LadderWorker {
 public:
  /// What the pipeline must know. Told on the home shard, after the parts that came before.
  enum class Note {
    begun,            ///< all parts from before the last Begin were given
    source_lost,      ///< `source` is not encoded any more: make it otherwise from the next segment on
    source_released,  ///< all encoded parts of `source` were given
  };

  /// Lifetime: `settings` and `counters` outlive the thread.
  LadderWorker(std::string stream, const Settings& settings, Counters& counters,
               std::shared_ptr<HomeLink> link, std::function<void(Note)> notify);

  /// Until the queue is closed.
  void run();

  EncoderQueue& queue() { return queue_; }
  /// From now on what Finish waits for may become gaps.
  void hurry(TimePoint finish_by) { finish_by_ = finish_by; }
  bool finished() const { return finished_; }
  /// How far the newest encoded picture is behind the newest that came in. Thread: any.
  media::MediaTime lag() const { return lag_; }

 private:
  void handle(Begin& begin);
  void handle(hls::Cut& cut);
  void handle(media::Packet& packet);
  void handle(hls::PartEnd& end);
  void handle(EncodeSource& source);
  void handle(Lost& lost);
  void handle(Finish& finish);

  void plan_rungs(const Begin& begin);
  void add_rungs(std::vector<RungPlan> plans);
  void restart_policy();
  void decode(const media::Packet& packet);
  void frame(AVFrame& picture);
  bool key_wanted(const AVFrame& picture);
  void adapt(media::MediaTime pts);
  void apply(LoadShedding::Decision decision);
  void lose();
  void drain();
  void release_source();
  void deliver();
  void note(Note note);
  Rung* find(std::string_view name);

  const std::string stream_;
  const Settings& settings_;
  Counters& counters_;
  std::shared_ptr<HomeLink> link_;
  std::function<void(Note)> notify_;
  EncoderQueue queue_;
  std::atomic<TimePoint> finish_by_{TimePoint::max()};
  std::atomic<bool> finished_{false};
  std::atomic<media::MediaTime> lag_{0};

  Begin tracks_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<std::unique_ptr<Rung>> rungs_;  ///< the largest first, those without a plan last
  std::optional<LoadShedding> policy_;
  std::optional<LoadMeter> meter_;
  std::deque<media::MediaTime> forced_keys_;
  bool own_key_frames_ = false;
  bool awaiting_key_ = false;            ///< packets were dropped: nothing can be decoded
  std::chrono::nanoseconds rung_cpu_{};  ///< that all rungs took
  media::MediaTime last_frame_ = 0;
  std::uint64_t dropped_told_ = 0;
};

}  // namespace levee::transcode
