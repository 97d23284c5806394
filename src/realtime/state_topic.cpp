#include "realtime/state_topic.hpp"

#include <algorithm>

#include "levee/realtime/wire.hpp"

namespace levee::realtime {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;
constexpr std::size_t kAroundRecord = 160;  // bytes of a record's text beside key and value
// Pieces of a snapshot that are kept for others: those of the largest there is.
constexpr std::size_t kMaxShared = 64;
// How long one snapshot is given to all who come; its ages are then this much short at most.
constexpr Duration kSharedFor = std::chrono::milliseconds{100};
// A watch is told again before it ends, whichever shard it is that tells.
constexpr Duration kWatchRenewed = std::chrono::seconds{4};

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string ms_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

void StateTopic::reset(const Snapshot& snapshot, TimePoint now) {
  if (snapshot.partial) {
    // What other nodes say does not reach us, and what was said last may have been taken back.
    if (!bus_away_ || !ready_) begin_anew();
    bus_away_ = true;
    ready_ = true;
    return;
  }
  const bool follows = ready_ && !bus_away_ && snapshot.top.epoch == top_.epoch;
  if (follows && snapshot.top.offset <= top_.offset) return;
  if (!follows) {
    begin_anew();
    if (snapshot.top.epoch != top_.epoch) view_ = FeedView{kind_ == Kind::state};
  }
  const auto known = snapshot.top.epoch == top_.epoch ? top_.offset : 0;
  std::vector<const StoredRecord*> news;
  for (const auto& stored : snapshot.records) {
    if (stored.offset > known) news.push_back(&stored);
  }
  std::ranges::stable_sort(news, {}, &StoredRecord::offset);
  for (const auto* stored : news) view_.apply(stored->record, stored->offset, moment(now));
  top_ = snapshot.top;
  bus_away_ = false;
  ready_ = true;
  changed_ = true;
  changes_made_ = false;
}

bool StateTopic::apply(const MessagePtr& message, TimePoint now) {
  if (!ready_ || bus_away_ || message->offset <= top_.offset) return true;
  if (message->offset != top_.offset + 1) return false;
  const auto records = decode_records(message->body);
  if (!records) return false;
  for (const auto& record : *records) view_.apply(record, message->offset, moment(now));
  top_.offset = message->offset;
  changed_ = true;
  changes_made_ = false;
  return true;
}

void StateTopic::begin_anew() {
  ++generation_;
  changed_ = true;
  changes_made_ = false;
  shared_.clear();
}

bool StateTopic::prepare(TimePoint) {
  if (!std::exchange(changed_, false)) return true;
  batch_.clear();
  // In a new epoch there is nothing in between: everybody starts anew.
  const Cursor from{std::exchange(visible_, top_.offset), generation_};
  for (auto at = from; at.offset < visible_; at = batch_.back().then) batch_.push_back(push(at));
  return true;
}

Duration StateTopic::heartbeat() const {
  return kind_ == Kind::state ? std::chrono::seconds{1} : std::chrono::seconds{5};
}

Start StateTopic::start(const std::optional<Position>& since, Cursor& cursor, TimePoint) {
  const bool recovered = since && since->epoch == top_.epoch && since->offset <= top_.offset && !bus_away_;
  cursor = {recovered ? since->offset : 0, generation_, true, recovered};
  return {sync_text(recovered, true), since ? std::optional{recovered} : std::nullopt};
}

bool StateTopic::give(Cursor& cursor, FrameSink& sink, std::string_view) {
  if (cursor.generation != generation_) start_anew(cursor, sink);
  if (cursor.starting) return give_snapshot(cursor, sink);
  for (std::size_t given = 0; cursor.offset < visible_;) {
    if (given >= kGiveBytes) return true;
    const auto made = std::ranges::find_if(batch_, [&](const Push& each) {
      return each.from.offset == cursor.offset && each.from.whole_to == cursor.whole_to;
    });
    if (made == batch_.end()) context_.counters.superseded.add();
    const auto next = made == batch_.end() ? push(cursor) : *made;
    sink.push(next.frame);
    given += next.frame->size();
    cursor = next.then;
  }
  return false;
}

void StateTopic::start_anew(Cursor& cursor, FrameSink& sink) {
  context_.counters.syncs.add();
  cursor = {0, generation_, true, false};
  sink.push(frame(encode_sync_message(sync_text(false, true))));
}

bool StateTopic::give_snapshot(Cursor& cursor, FrameSink& sink) {
  const auto now = context_.wall.now();
  if (const auto* shared = shared_piece(cursor, now)) {
    sink.push(shared->frames);
    cursor = shared->then;
    return cursor.starting;
  }
  const auto part = piece(cursor);
  Bytes frames;
  if (!part.changes.empty()) frames = context_.framer(snapshot_text(part));
  if (part.last) {
    const auto end = context_.framer(encode_sync_message(sync_text(cursor.recovered, false)));
    frames.insert(frames.end(), end.begin(), end.end());
  }
  const auto made = share(std::move(frames));
  sink.push(made);
  const auto then = after(part, cursor);
  if (!cursor.recovered && shared_.size() < kMaxShared) shared_.push_back({cursor.whole_to, made, then, now});
  cursor = then;
  return !part.last;
}

const StateTopic::Shared* StateTopic::shared_piece(const Cursor& cursor, TimePoint now) {
  if (std::exchange(shared_to_, top_.offset) != top_.offset) shared_.clear();
  std::erase_if(shared_, [&](const Shared& each) { return now - each.made_at > kSharedFor; });
  if (cursor.recovered) return nullptr;
  const auto found = std::ranges::find(shared_, cursor.whole_to, &Shared::after);
  return found == shared_.end() ? nullptr : &*found;
}

std::optional<TimePoint> StateTopic::due() const {
  if (!ready_ || bus_away_ || kind_ == Kind::track) return {};
  return view_.deadline();
}

std::vector<Record> StateTopic::take_overdue(TimePoint now, std::size_t subscribers) {
  if (!ready_ || bus_away_) return {};
  if (kind_ == Kind::state) return view_.take_silent(moment(now));
  if (subscribers == 0 || is_watched(view_, now, kWatchRenewed)) return {};
  // Somebody looks at the devices here: whoever they report to is to know. The gate's record tells it.
  const auto wall_ms = context_.wall.at(now);
  const auto next = std::max(static_cast<std::uint64_t>(wall_ms), view_.gate().version.sequence + 1);
  return {to_record(FeedGate{{0, next}, wall_ms, GateState::open, 0})};
}

const std::vector<StateTopic::Change>& StateTopic::changes() {
  if (std::exchange(changes_made_, true)) return changes_;
  changes_.clear();
  for (const auto& [key, entry] : view_.entries()) changes_.push_back({entry.changed, &key, &entry});
  std::ranges::sort(changes_, {}, [](const Change& change) { return change.entry->change; });
  return changes_;
}

StateTopic::Piece StateTopic::piece(const Cursor& cursor) {
  const auto& all = changes();
  auto next = cursor.whole_to > 0 ? std::ranges::upper_bound(all, cursor.whole_to, {},
                                                             [](const Change& c) { return c.entry->change; })
                                  : std::ranges::upper_bound(all, cursor.offset, {}, &Change::offset);
  Piece piece;
  for (std::size_t bytes = 0; next != all.end() && bytes < kPieceBytes; ++next) {
    bytes += kAroundRecord + next->key->size() + next->entry->body->size();
    piece.changes.push_back(*next);
  }
  piece.last = next == all.end();
  piece.to = piece.last ? top_.offset : next->offset - 1;  // of the next one some may be missing
  return piece;
}

Cursor StateTopic::after(const Piece& piece, const Cursor& cursor) const {
  if (piece.last) return {piece.to, generation_, false, cursor.recovered};
  // Nobody stands anywhere before the end of its snapshot.
  return {cursor.starting ? cursor.offset : piece.to, generation_, cursor.starting, cursor.recovered,
          piece.changes.back().entry->change};
}

StateTopic::Push StateTopic::push(const Cursor& cursor) {
  const auto part = piece(cursor);
  return {cursor, frame(push_text(part, cursor.offset)), after(part, cursor)};
}

std::string StateTopic::push_text(const Piece& piece, std::uint64_t from) const {
  std::string text =
      R"({"ch":")" + channel_ + '"' + R"(,"o":)" + number(piece.to) + R"(,"p":)" + number(from);
  // Vouches for what was there before; so it comes when nothing is missing any more.
  if (kind_ == Kind::state && piece.last && view_.vouched_changed() > from &&
      view_.gate().state == GateState::open)
    text += R"(,"v":)" + std::to_string(context_.wall.at(view_.vouched()));
  text += R"(,"r":[)";
  for (const auto& change : piece.changes) text += record_text(change, from, false) + ',';
  if (text.back() == ',') text.pop_back();
  return text + "]}";
}

std::string StateTopic::snapshot_text(const Piece& piece) const {
  std::string text = R"({"ch":")" + channel_ + '"' + R"(,"o":)" + number(piece.to) + R"(,"s":1,"r":[)";
  for (const auto& change : piece.changes) text += record_text(change, 0, true) + ',';
  text.back() = ']';
  return text + '}';
}

std::string StateTopic::record_text(const Change& change, std::uint64_t from, bool with_age) const {
  const auto& entry = *change.entry;
  const bool news = entry.value_changed > from || with_age;
  const auto reason = stale_reason(entry);
  std::string text = R"({"k":")" + *change.key + '"';
  if (news) {
    text += R"(,"q":[)" + number(entry.version.epoch) + ',' + number(entry.version.sequence) + R"(],"t":)" +
            std::to_string(context_.wall.at(entry.origin));
    if (with_age) text += R"(,"age":)" + ms_text(context_.wall.now() - entry.origin);
    text += R"(,"ttl":)" + std::to_string(entry.ttl.count());
  }
  if (reason.empty() && view_.vouched(entry) > entry.origin)
    text += R"(,"v":)" + std::to_string(context_.wall.at(view_.vouched(entry)));
  if (!reason.empty()) text += R"(,"x":")" + std::string{reason} + '"';
  if (news) text += R"(,"d":)" + *entry.body;
  return text + '}';
}

std::string_view StateTopic::stale_reason(const FeedView::Entry& entry) const {
  if (bus_away_) return "bus";
  if (kind_ == Kind::track) return {};
  if (view_.gate().state == GateState::gone) return "gone";
  if (view_.gate().state != GateState::open || entry.session != view_.gate().session) return "resync";
  if (entry.mark == KeyMark::closed) return "closed";
  return entry.mark == KeyMark::silent ? "silent" : "";
}

std::string StateTopic::sync_text(bool recovered, bool with_size) const {
  std::string text = R"({"ch":")" + channel_ + '"' + R"(,"e":")" + top_.epoch + R"(","o":)" +
                     number(top_.offset) + R"(,"recovered":)" + (recovered ? "true" : "false");
  if (with_size) text += R"(,"n":)" + number(view_.entries().size()) + R"(,"hb":)" + ms_text(heartbeat());
  if (bus_away_) text += R"(,"partial":true)";
  return text + '}';
}

}  // namespace levee::realtime
