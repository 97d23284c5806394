#include "levee/delivery/shelf.hpp"

#include <algorithm>

namespace levee::delivery {
namespace {

constexpr auto kEveryone = [](const auto&) { return true; };

}  // namespace

Shelf::Waiter::Waiter(Shelf& shelf, const Park& park, std::function<void()> wake)
    : what_{park.what},
      msn_{park.msn},
      part_{park.part},
      turn_{park.turn},
      wake_{std::move(wake)},
      parked_{shelf.parked_} {
  ++*parked_;
  const auto entry = shelf.streams_.find(park.stream);
  if (entry == shelf.streams_.end()) {
    shelf.ready_.push_back(*this);
    return;
  }
  auto& waiters = entry->second.waiters;
  auto place = waiters.find(park.rendition);
  if (place == waiters.end()) place = waiters.try_emplace(std::string{park.rendition}).first;
  place->second.push_back(*this);
}

Shelf::Waiter::~Waiter() { --*parked_; }

bool Shelf::Waiter::satisfied_by(const hls::RenditionView& view) const {
  if (view.ended()) return true;
  switch (what_) {
    case Park::For::part_of_segment:
      return has_part(view, msn_, part_);
    case Park::For::whole_segment:
      return view.msn() > msn_;
    case Park::For::part_number:
      return view.next_part() > part_;
  }
  return true;
}

Shelf::Shelf(std::size_t max_parked) : max_parked_{max_parked} {}

std::shared_ptr<const PreparedStream> Shelf::find(std::string_view name) const {
  const auto entry = streams_.find(name);
  return entry == streams_.end() ? nullptr : entry->second.stream;
}

std::vector<std::shared_ptr<const PreparedStream>> Shelf::all() const {
  std::vector<std::shared_ptr<const PreparedStream>> out;
  out.reserve(streams_.size());
  for (const auto& [name, entry] : streams_) out.push_back(entry.stream);
  return out;
}

template <class IsReady>
void Shelf::make_ready(Waiters& waiters, std::uint64_t release, IsReady is_ready) {
  for (auto place = waiters.end(); place != waiters.begin();) {
    Waiter& waiter = *--place;
    if (!is_ready(waiter)) continue;
    place = waiters.erase(place);
    waiter.release_ = release;
    sorting_.push_back(&waiter);
  }
  std::stable_sort(sorting_.begin(), sorting_.end(), [this](const Waiter* a, const Waiter* b) {
    return admission::goes_before(a->turn_, b->turn_, order_);
  });
  for (Waiter* waiter : sorting_) ready_.push_back(*waiter);
  sorting_.clear();
}

void Shelf::put(std::shared_ptr<const PreparedStream> stream, std::string_view changed,
                std::uint64_t release) {
  Entry& entry = streams_[stream->view->name];
  entry.stream = std::move(stream);
  for (auto& [name, waiters] : entry.waiters) {
    if (!changed.empty() && name != changed) continue;
    const auto rendition = entry.stream->rendition(name);
    make_ready(waiters, release, [&rendition](const Waiter& waiter) {
      return !rendition || waiter.satisfied_by(rendition->view());
    });
  }
}

void Shelf::remove(std::string_view name) {
  const auto entry = streams_.find(name);
  if (entry == streams_.end()) return;
  for (auto& [rendition, waiters] : entry->second.waiters) make_ready(waiters, 0, kEveryone);
  streams_.erase(entry);
}

void Shelf::wake_all() {
  for (auto& [name, entry] : streams_) {
    for (auto& [rendition, waiters] : entry.waiters) make_ready(waiters, 0, kEveryone);
  }
}

bool Shelf::wake_some(std::size_t count) {
  for (; count > 0 && !ready_.empty(); --count) {
    Waiter& waiter = ready_.front();
    waiter.unlink();
    waiter.wake_();
  }
  return !ready_.empty();
}

std::optional<ReleaseFront> Shelf::front() const {
  if (ready_.empty()) return std::nullopt;
  return ReleaseFront{ready_.front().release_, ready_.front().turn_};
}

}  // namespace levee::delivery
