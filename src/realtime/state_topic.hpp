#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "levee/realtime/feed_view.hpp"
#include "levee/realtime/topic.hpp"

namespace levee::realtime {

/// Policy of a `state` and a `track`: the newest of each key. Every key knows the offset of its last change,
/// so that a subscriber however far behind is given what changed since, each key once: a snapshot is what
/// changed since nothing. What is given comes in pieces of some kPieceBytes, wherever that cuts a message:
/// who was given a part of what one message changed stands where it stood before, and has the rest coming.
/// Who is given a piece that was made for it alone is given all that was taken from the bus by then. While
/// the bus is away everything is stale.
class StateTopic final : public Topic {
 public:
  StateTopic(Kind kind, std::string channel, Context context)
      : Topic{std::move(channel), context}, kind_{kind}, view_{kind == Kind::state} {}

  void reset(const Snapshot& snapshot, TimePoint now) override;
  bool apply(const MessagePtr& message, TimePoint now) override;
  bool prepare(TimePoint now) override;
  double most_of_thread() const override { return kMostOfThread; }
  Duration heartbeat() const override;
  Position visible() const override { return {top_.epoch, visible_}; }
  Start start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) override;
  bool give(Cursor& cursor, FrameSink& sink, std::string_view reader) override;
  std::optional<TimePoint> due() const override;
  std::vector<Record> take_overdue(TimePoint now, std::size_t subscribers) override;
  const FeedView* feed() const override { return bus_away_ ? nullptr : &view_; }

 private:
  /// The newest of each key is as good as all that were before it: merging loses nothing.
  static constexpr double kMostOfThread = 0.25;

  /// A key in the order of changes.
  struct Change {
    std::uint64_t offset = 0;
    const std::string* key = nullptr;
    const FeedView::Entry* entry = nullptr;
  };
  /// What one frame holds: changes of the offsets up to `to`, perhaps some of the next one.
  struct Piece {
    std::vector<Change> changes;
    std::uint64_t to = 0;
    bool last = false;
  };
  /// A piece of the snapshot from the start, as those who come together are all given it.
  struct Shared {
    std::uint64_t after = 0;  ///< number of the change before it
    SharedBytes frames;
    Cursor then;  ///< of who was given it
    TimePoint made_at{};
  };

  /// A piece of what is new, for all who stand at `from`.
  struct Push {
    Cursor from;
    SharedBytes frame;
    Cursor then;
  };

  Moment moment(TimePoint now) const { return {now, context_.wall.at(now)}; }
  void begin_anew();
  void start_anew(Cursor& cursor, FrameSink& sink);
  const std::vector<Change>& changes();
  /// What comes next for one who stands at `cursor`.
  Piece piece(const Cursor& cursor);
  Cursor after(const Piece& piece, const Cursor& cursor) const;
  Push push(const Cursor& cursor);
  const Shared* shared_piece(const Cursor& cursor, TimePoint now);
  std::string push_text(const Piece& piece, std::uint64_t from) const;
  std::string snapshot_text(const Piece& piece) const;
  std::string record_text(const Change& change, std::uint64_t from, bool with_age) const;
  std::string_view stale_reason(const FeedView::Entry& entry) const;
  std::string sync_text(bool recovered, bool with_size) const;
  bool give_snapshot(Cursor& cursor, FrameSink& sink);

  Kind kind_;
  FeedView view_;
  bool bus_away_ = false;
  bool changed_ = false;  ///< since `prepare`
  std::uint64_t visible_ = 0;
  std::vector<Push> batch_;      ///< what the last `prepare` made visible
  std::vector<Change> changes_;  ///< in order; made when it is first needed
  bool changes_made_ = false;
  std::vector<Shared> shared_;
  std::uint64_t shared_to_ = 0;  ///< the offset as of which they are
};

}  // namespace levee::realtime
