#pragma once

#include <optional>

#include "levee/base/clock.hpp"
#include "levee/stream/stream_view.hpp"

namespace levee::stream {

/// The rules of one stream's life: who may publish it, how long it waits for a publisher that was lost, and
/// when it is forgotten. Keeps no clock: whoever owns it calls `due` when `deadline` has come.
///
///   starting --> live <--> interrupted --> ending --> ended --> (removed)
///
/// A publisher that is lost before anything was playable ends the stream at once: there is nothing to wait
/// for.
class Life {
 public:
  struct Settings {
    Duration grace{};           ///< how long a lost publisher is waited for
    Duration takeover_after{};  ///< a publisher silent for so long may be replaced
    Duration keep{};            ///< how long an ended stream stays playable
  };

  /// What is known of the publisher that holds the stream, if there is one.
  struct Holder {
    bool present = true;    ///< its connection is there
    bool finished = false;  ///< it said that it ends
    TimePoint last_packet;
  };

  enum class Claim {
    refuse,     ///< the publisher is alive
    go_on,      ///< the stream waits for a publisher
    take_over,  ///< the publisher is half-dead and is put out
    replace,    ///< the show is over, a new one begins
  };

  enum class Due { nothing, end, remove };

  explicit Life(const Settings& settings) : settings_{settings} {}

  /// What becomes of a new publisher that asks for the stream. Changes nothing.
  Claim claim(TimePoint now, const Holder& holder) const;

  /// A publisher holds it (again).
  void held();
  /// There is something to play, and more of it comes.
  void playing();
  /// The publisher is gone and did not say that it ends.
  void lost(TimePoint now);
  /// The publisher is gone for good: what is held back is being brought out.
  void ending();
  /// All is out. Without anything `playable`, it is due to be removed at once.
  void ended(TimePoint now, bool playable);

  /// What people see. A stream that is ending still counts as live or interrupted.
  StreamState state() const { return state_; }
  bool over() const { return ending_ || state_ == StreamState::ended; }

  /// When something is due, if nothing else happens before.
  std::optional<TimePoint> deadline() const { return deadline_; }
  Due due(TimePoint now) const;

 private:
  Settings settings_;
  StreamState state_ = StreamState::starting;
  bool ending_ = false;
  std::optional<TimePoint> deadline_;
};

}  // namespace levee::stream
