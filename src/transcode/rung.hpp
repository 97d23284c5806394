#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "levee/base/result.hpp"
#include "levee/hls/cutter.hpp"
#include "levee/hls/part.hpp"

#include "transcode/counters.hpp"
#include "transcode/encoder.hpp"
#include "transcode/packager.hpp"

namespace levee::transcode {

/// One encoded rendition of a stream, through all that happens to it: its parts go on, as gaps when need be.
///
/// Thread: the stream's encoder thread.
class Rung {
 public:
  using SinkCall = std::function<void(hls::PartSink&)>;

  /// Lifetime: `counters` outlives it.
  Rung(std::string name, RungCounters& counters) : name_{std::move(name)}, counters_{counters} {}

  /// What follows is another publication. Without a plan, or when its encoder does not open, only gaps
  /// follow. `audio` (may be null) goes into each part as it came. Lifetime: `audio` is shared.
  void begin(std::optional<RungPlan> plan, std::shared_ptr<const media::TrackConfig> audio);

  /// `decodable`: the pictures from there on can be had, if it begins a segment.
  void cut(const hls::Cut& cut, bool decodable);
  void end(const hls::PartEnd& end) { packager_.end(end); }
  void audio(const media::Packet& packet);

  /// Encodes the picture if it is this rung's turn; then gives it in this rung's size, until the next call.
  /// `key`: as a key frame.
  AVFrame* picture(const AVFrame& from, media::MediaTime pts, bool key);

  /// Pictures were lost: gaps up to the next segment.
  void lose();
  /// Given up for lack of time, or taken up again at the next segment.
  void set_shed(bool shed);
  /// Takes no further cut; `idle` when its last part is out.
  void stop();
  bool stopped() const { return stopped_ && packager_.idle(); }
  /// Gives all that is held back. Only `begin` may follow.
  void drain();

  /// Whether pictures are wanted.
  bool active() const { return plan_ && !shed_ && !failed_ && !stopped_; }
  bool failed() const { return failed_; }
  bool is_shed() const { return shed_; }
  const std::string& name() const { return name_; }
  const std::optional<RungPlan>& plan() const { return plan_; }
  /// Frames and fragments that the muxer refused since the last call.
  std::uint64_t take_mux_errors() { return packager_.take_errors(); }

  /// What the sink is to be told, in order.
  std::vector<SinkCall> take_calls();

 private:
  bool turn(bool key);
  ErrorCode open(const AVFrame& like);
  void take(const std::vector<media::Packet>& packets);
  void offer(bool offered);

  std::string name_;
  RungCounters& counters_;
  std::optional<RungPlan> plan_;
  std::shared_ptr<const media::TrackConfig> audio_;
  std::unique_ptr<Encoder> encoder_;
  Packager packager_;
  hls::RenditionInfo info_;
  SharedBytes init_;
  bool init_told_ = true;
  bool known_ = false;  ///< to the sink
  bool offered_ = true;
  bool shed_ = false;
  bool failed_ = false;
  bool stopped_ = false;
  std::optional<media::MediaTime> resume_at_;
  std::optional<media::MediaTime> last_pts_;
  std::uint32_t frames_since_key_ = 0;
  std::vector<SinkCall> calls_;
};

}  // namespace levee::transcode
