#include "surge/viewer.hpp"

#include <algorithm>
#include <utility>

namespace levee::surge {

Viewer::Viewer(Network& network, PlayerContext& context, Recorder& recorder, const Target& target)
    : network_{network},
      context_{context},
      recorder_{recorder},
      target_{target},
      player_{context, *this, recorder, target.path} {
  make_slot(0);  // ahead of its arrival: a crowd has no time for it
}

void Viewer::set_link(const LinkModel& link, TimePoint now) {
  link_ = std::make_unique<LinkModel>(link);
  for (auto& slot : slots_) {
    if (slot) slot->connection.set_link(link, now);
  }
}

void Viewer::arrive(TimePoint due) {
  const auto now = Clock::now();
  recorder_.begun(now - due, now);
  player_.arrive(due);
}

void Viewer::wake(TimePoint due, TimePoint now) {
  recorder_.begun(now - due, now);
  player_.wake(now);
}

void Viewer::leave(TimePoint now) {
  player_.leave(now);
  queue_.clear();
  wake_.cancel();
  return_.cancel();
  away_ = false;
  for (auto& slot : slots_) {
    if (slot) slot->connection.close(false);
  }
}

void Viewer::drop_connections(TimePoint now, TimePoint back_at) {
  player_.dropped(now);
  away_ = true;
  for (auto& slot : slots_) {
    if (!slot) continue;
    if (slot->connection.busy()) {
      // What was under way is asked for again: a browser does that by itself.
      PlayerRequest again = std::move(slot->request);
      again.due = back_at;
      queue_.push_back(std::move(again));
    }
    slot->connection.close(true);
  }
  network_.wheel().schedule(return_, back_at);
}

void Viewer::come_back(TimePoint due, TimePoint now) {
  recorder_.begun(now - due, now);
  away_ = false;
  for (auto& request : std::exchange(queue_, {})) fetch(std::move(request));
  player_.come_back(now);
}

Viewer::Slot* Viewer::free_slot() {
  Slot* closed = nullptr;
  std::size_t unused = slots_.size();
  const auto most = std::min<std::size_t>(connections_of(context_.settings), slots_.size());
  for (std::size_t i = 0; i < most; ++i) {
    auto& slot = slots_[i];
    if (!slot) {
      unused = std::min(unused, i);
    } else if (!slot->connection.busy()) {
      if (slot->connection.is_open()) return slot.get();
      closed = slot.get();
    }
  }
  return closed || unused == slots_.size() ? closed : make_slot(unused);
}

Viewer::Slot* Viewer::make_slot(std::size_t place) {
  auto& slot = slots_[place];
  slot = std::make_unique<Slot>(network_, *this);
  slot->connection.set_target(target_.endpoint, &recorder_.received_bytes);
  if (link_) slot->connection.set_link(*link_, Clock::now());
  return slot.get();
}

void Viewer::fetch(PlayerRequest request) {
  Slot* slot = away_ ? nullptr : free_slot();
  if (slot) {
    send(*slot, std::move(request));
  } else {
    queue_.push_back(std::move(request));
  }
}

void Viewer::send(Slot& slot, PlayerRequest request) {
  HttpRequest head;
  head.text.reserve(request.path.size() + target_.host.size() + 64);
  head.text += "GET ";
  head.text += request.path;
  head.text += " HTTP/1.1\r\nHost: ";
  head.text += target_.host;
  head.text += "\r\nUser-Agent: levee-surge\r\nAccept: */*\r\n\r\n";
  head.keep_body = request.kind == FetchKind::multivariant || request.kind == FetchKind::playlist ||
                   request.kind == FetchKind::blocking_playlist;
  head.patience = request.patience;
  slot.request = std::move(request);
  const auto before = slot.connection.openings();
  slot.connection.exchange(std::move(head));
  if (before > 0 && slot.connection.openings() > before) ++recorder_.stats().reconnects;
}

void Viewer::exchanged(HttpConnection& connection, const Response& response) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const std::unique_ptr<Slot>& one) {
    return one && &one->connection == &connection;
  });
  const auto kind = (*slot)->request.kind;
  const auto due = (*slot)->request.due;
  player_.answered(kind, due, response);
  if (!queue_.empty() && !away_) {
    if (Slot* free = free_slot()) {
      PlayerRequest request = std::move(queue_.front());
      queue_.erase(queue_.begin());
      send(*free, std::move(request));
    }
  }
}

}  // namespace levee::surge
