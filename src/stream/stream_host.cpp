#include "stream/stream_host.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::stream {

namespace asio = boost::asio;

StreamHost::StreamHost(std::shared_ptr<HostContext> context, asio::io_context& home, std::string name,
                       std::string id, Removed on_removed)
    : context_{std::move(context)},
      home_{home},
      name_{std::move(name)},
      id_{std::move(id)},
      on_removed_{std::move(on_removed)},
      life_{Life::Settings{.grace = context_->settings.grace,
                           .takeover_after = context_->settings.takeover_after,
                           .keep = std::chrono::duration_cast<Duration>(std::chrono::microseconds{
                               context_->settings.hls.window * 1'000'000 / media::kTimescale})}},
      timer_{home},
      has_ended_{home} {
  context_->counters.shows.add();
}

Life::Claim StreamHost::claim(TimePoint now) const {
  Life::Holder holder;
  holder.present = link_ && !link_->gone();
  holder.finished = link_ && link_->finished();
  if (link_) holder.last_packet = link_->last_packet();
  return life_.claim(now, holder);
}

void StreamHost::give_to(std::shared_ptr<Link> link) {
  revoke(Errc::taken_over);
  link_ = link;
  life_.held();
  asio::post(home_, [self = shared_from_this(), link = std::move(link)] { self->attach(link); });
}

void StreamHost::revoke(ErrorCode reason) {
  if (link_ && !link_->gone()) Link::revoke(link_, reason);
}

void StreamHost::wake(const std::shared_ptr<Link>& link) {
  asio::post(home_, [self = shared_from_this(), link] { self->take_from(link); });
}

void StreamHost::request_end() {
  asio::post(home_, [self = shared_from_this()] { self->end(); });
}

void StreamHost::request_close() {
  asio::post(home_, [self = shared_from_this()] {
    if (!self->closed_) self->context_->outlet.removed(self->name_);
    self->close();
  });
}

asio::awaitable<void> StreamHost::wait_for_end(TimePoint deadline) {
  const auto self = shared_from_this();
  if (!ended_ && !closed_) {
    has_ended_.expires_at(deadline);
    co_await has_ended_.async_wait(runtime::use_result);
  }
  if (!ended_ && !closed_) spdlog::warn("stream={} was cut off before its end was out", name_);
  close();
}

LiveStream& StreamHost::live() {
  if (!live_) {
    auto post_home = [&home = home_](std::function<void()> function) {
      asio::post(home, std::move(function));
    };
    LiveStream::Events events{.playing = [this] { playing(); },
                              .failed = [this](ErrorCode reason) { failed(reason); }};
    live_ = std::make_unique<LiveStream>(name_, id_, std::chrono::system_clock::now(), context_->settings.hls,
                                         context_->outlet, context_->make_pipeline, std::move(post_home),
                                         context_->counters, std::move(events));
  }
  return *live_;
}

void StreamHost::attach(const std::shared_ptr<Link>& link) {
  if (closed_ || ending_) return Link::revoke(link, Errc::failed);
  attached_ = link;
  const auto& request = link->request();
  spdlog::info("stream={} id={} publisher={} protocol={}", name_, id_, log::value(request.peer),
               request.protocol);
  live().attach(request, Clock::now());
  arm_timer();
}

void StreamHost::take_from(const std::shared_ptr<Link>& link) {
  auto items = link->take();
  for (auto& item : items) handle(link, std::move(item));
}

void StreamHost::handle(const std::shared_ptr<Link>& link, LinkItem item) {
  if (closed_ || ending_ || link != attached_) return;
  if (auto* arrived = std::get_if<ArrivedPacket>(&item)) {
    live().packet(std::move(*arrived));
  } else if (const auto* config = std::get_if<media::TrackConfig>(&item)) {
    live().config(*config);
  } else if (const auto* info = std::get_if<media::SourceInfo>(&item)) {
    live().info(*info);
  } else if (const auto* gone = std::get_if<PublisherGone>(&item)) {
    publisher_gone(link, gone->finished);
  }
}

void StreamHost::publisher_gone(const std::shared_ptr<Link>& link, bool finished) {
  spdlog::info("stream={} id={} publisher={} {}", name_, id_, log::value(link->request().peer),
               finished ? "finished" : "lost");
  {
    const std::lock_guard lock{context_->mutex};
    if (link_ != link) return;  // another one has it already
    link_.reset();
    if (finished) {
      life_.ending();
    } else {
      life_.lost(Clock::now());
    }
  }
  if (finished) return end();
  if (life_.state() == StreamState::interrupted) live().set_state(StreamState::interrupted);
  arm_timer();
}

void StreamHost::playing() {
  {
    const std::lock_guard lock{context_->mutex};
    life_.playing();
  }
  if (!ending_) live().set_state(StreamState::live);
}

void StreamHost::failed(ErrorCode reason) {
  {
    const std::lock_guard lock{context_->mutex};
    life_.ending();
    revoke(reason);
  }
  request_end();  // later: the stream is in the midst of a packet
}

void StreamHost::end() {
  if (closed_ || std::exchange(ending_, true)) return;
  {
    const std::lock_guard lock{context_->mutex};
    life_.ending();
  }
  timer_.cancel();
  live().finish([this] { ended(); });
}

void StreamHost::ended() {
  const bool playable = live().playable();
  if (!playable) context_->counters.unplayable.add();
  spdlog::info("stream={} id={} ended{}", name_, id_, playable ? "" : " without anything to play");
  ended_ = true;
  {
    const std::lock_guard lock{context_->mutex};
    revoke(Errc::stopping);
    life_.ended(Clock::now(), playable);
  }
  live().set_state(StreamState::ended);
  has_ended_.cancel();
  arm_timer();
}

void StreamHost::arm_timer() {
  std::optional<TimePoint> deadline;
  {
    const std::lock_guard lock{context_->mutex};
    deadline = life_.deadline();
  }
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*deadline);
  timer_.async_wait([self = shared_from_this()](ErrorCode error) {
    if (!error) self->on_time();
  });
}

void StreamHost::on_time() {
  if (closed_) return;
  auto due = Life::Due::nothing;
  {
    const std::lock_guard lock{context_->mutex};
    due = life_.due(Clock::now());
    // At once, so that no publisher is let in who would find the stream ending.
    if (due == Life::Due::end) life_.ending();
  }
  if (due == Life::Due::end) end();
  if (due == Life::Due::remove) remove();
}

/// The outlet is told before the name is free, so that it never hears of the next show first.
void StreamHost::remove() {
  context_->outlet.removed(name_);
  close();
  on_removed_(shared_from_this());
}

void StreamHost::close() {
  closed_ = true;
  timer_.cancel();
  has_ended_.cancel();
  attached_.reset();
  live_.reset();
}

}  // namespace levee::stream
