#include "levee/realtime/bus_inbox.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace levee::realtime {

void BusInbox::reset(const std::string& channel, SnapshotPtr snapshot) {
  push(Reset{channel, std::move(snapshot)});
}

void BusInbox::message(const std::string& channel, MessagePtr message) {
  push(Arrival{channel, std::move(message)});
}

void BusInbox::complete(std::function<void()> done) { push(Completion{std::move(done)}); }

void BusInbox::push(Event event) {
  {
    const std::lock_guard lock{mutex_};
    if (events_.size() >= kLimit && !std::holds_alternative<Completion>(event)) {
      overflowed_ = true;
      return;
    }
    events_.push_back(std::move(event));
    if (events_.size() > 1) return;  // a drain is on its way
  }
  boost::asio::post(shard_, [self = shared_from_this()] { self->drain(); });
}

void BusInbox::drain() {
  std::vector<Event> events;
  bool overflowed = false;
  {
    const std::lock_guard lock{mutex_};
    events.swap(events_);
    overflowed = std::exchange(overflowed_, false);
  }
  for (auto& event : events) deliver(event);
  if (overflowed && listener_ != nullptr) listener_->overflowed();
}

void BusInbox::deliver(Event& event) {
  if (listener_ == nullptr) return;
  if (auto* reset = std::get_if<Reset>(&event)) {
    listener_->reset(reset->channel, reset->snapshot);
  } else if (auto* arrival = std::get_if<Arrival>(&event)) {
    listener_->message(arrival->channel, arrival->message);
  } else if (auto* completion = std::get_if<Completion>(&event)) {
    completion->done();
  }
}

}  // namespace levee::realtime
