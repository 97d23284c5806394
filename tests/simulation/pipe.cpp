#include <algorithm>
#include <utility>

#include "world.hpp"

namespace levee::simulation {

using namespace std::chrono_literals;

Pipe::Pipe(World& world, Node& node, std::function<void(const std::string&)> to_client)
    : world_{world},
      node_{node},
      to_client_{std::move(to_client)},
      client_gets_at_{world.events.now()},
      node_gets_at_{world.events.now()} {}

void Pipe::open() {
  session_ = node_.hub().open(*this);
  node_.connected(weak_from_this());
}

void Pipe::push(const SharedBytes& frames) {
  if (!open_) return;
  if (world_.mutant == Mutant::drop_when_slow && in_flight_ > kBound) return;
  in_flight_ += frames->size();
  client_gets_at_ = std::max(client_gets_at_, world_.events.now() + world_.chance.ms(1, 40));
  world_.events.after(client_gets_at_ - world_.events.now(), [self = shared_from_this(), frames] {
    if (!self->open_) return;
    const bool was_ready = self->ready();
    self->in_flight_ -= frames->size();
    self->deliver(std::string{as_text(*frames)});
    if (self->open_ && !was_ready && self->ready() && self->session_) {
      self->session_->writable();
      self->node_.run();
    }
  });
}

void Pipe::deliver(const std::string& text) {
  for (std::size_t at = 0; at < text.size() && open_;) {
    const auto end = text.find('\n', at);
    to_client_(text.substr(at, end - at));
    at = end + 1;
  }
}

void Pipe::close(int) {
  cut(true);
  world_.events.after(1ms, [self = shared_from_this()] { self->to_client_({}); });
}

void Pipe::send(const std::string& text) {
  if (!open_) return;
  node_gets_at_ = std::max(node_gets_at_, world_.events.now() + world_.chance.ms(1, 40));
  world_.events.after(node_gets_at_ - world_.events.now(), [self = shared_from_this(), text] {
    if (!self->open_ || !self->session_) return;
    self->session_->receive(text, self->world_.events.now(), self->world_.events.wall_ms());
    self->node_.run();
  });
}

void Pipe::cut(bool noticed) {
  if (!std::exchange(open_, false)) return;
  // Not on the spot: it may be the session that closes.
  world_.events.after(noticed ? Duration{1ms} : Duration{60s}, [self = shared_from_this()] { self->end(); });
}

void Pipe::end() {
  open_ = false;
  session_.reset();
}

void Pipe::stall(Duration time) { client_gets_at_ = std::max(client_gets_at_, world_.events.now() + time); }

}  // namespace levee::simulation
