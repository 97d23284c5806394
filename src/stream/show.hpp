#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "levee/hls/part.hpp"
#include "levee/hls/rendition_window.hpp"
#include "levee/stream/stream_view.hpp"

namespace levee::stream {

/// What a stream shows: the windows of its renditions, and the view that the outlet is given after each
/// change.
///
/// It keeps the renditions' media sequence numbers equal: one that fell behind while it was not made is
/// filled up with gaps, and one that appears late counts the discontinuities before it (P18, P19). Thread:
/// the stream's home shard.
class Show final : public hls::PartSink {
 public:
  /// Lifetime: `outlet` outlives it.
  Show(std::string name, std::string id, WallTime started, const hls::Settings& settings, Outlet& outlet);

  /// Called once, when there is something to play: every rendition that was announced has a part, or one has
  /// a second of media.
  void on_playable(std::function<void()> handler) { on_playable_ = std::move(handler); }

  void init(const hls::RenditionInfo& info, SharedBytes init) override;
  void part(std::string_view rendition, hls::Part part) override;
  void offered(std::string_view rendition, bool offered) override;

  /// No part will follow: every playlist ends.
  void end();
  /// The state and facts as they are from now on, told with the next view.
  void set_state(StreamState state) { state_ = state; }
  StreamFacts& facts() { return facts_; }
  /// Gives the outlet a view of what there is. `changed`: the rendition that has something new.
  void publish(std::string_view changed);

  const std::string& name() const { return name_; }
  const std::string& id() const { return id_; }
  bool playable() const { return playable_; }
  bool has_parts() const;
  std::uint64_t parts() const { return parts_; }
  /// Parts that did not follow the one before them.
  std::uint64_t ignored_parts() const { return ignored_parts_; }

 private:
  struct Rendition {
    explicit Rendition(hls::RenditionWindow given) : window{std::move(given)} {}
    hls::RenditionWindow window;
    bool offered = true;
    media::MediaTime made = 0;                       ///< duration of all its parts
    std::shared_ptr<const hls::RenditionView> view;  ///< null before its first part
  };
  /// Where and when a segment lies in every rendition, as the first one to reach it says.
  struct Span {
    std::uint64_t msn = 0;
    media::MediaTime start = 0;
    media::MediaTime duration = 0;
    WallTime program_date_time;
    bool discontinuity = false;
    std::uint64_t discontinuities_before = 0;
    const Rendition* leader = nullptr;
    bool complete = false;
  };

  Rendition* find(std::string_view name);
  Span* span(std::uint64_t msn);
  void lead(const Rendition& rendition, const hls::Part& part);
  void follow(Rendition& rendition, hls::Part& part);
  void fill_gap(Rendition& rendition, const Span& span);
  void fill_those_not_made(std::uint64_t complete_msn);
  void render(Rendition& rendition);
  bool enough_to_play() const;

  std::string name_;
  std::string id_;
  WallTime started_;
  hls::Settings settings_;
  Outlet& outlet_;
  std::function<void()> on_playable_;
  StreamState state_ = StreamState::starting;
  StreamFacts facts_;
  std::vector<std::unique_ptr<Rendition>> renditions_;  ///< source first, then by falling height, audio last
  std::deque<Span> spans_;                              ///< the newest segments, by growing number
  bool playable_ = false;
  std::uint64_t parts_ = 0;
  std::uint64_t ignored_parts_ = 0;
};

}  // namespace levee::stream
