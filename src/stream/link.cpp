#include "stream/link.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace levee::stream {

Link::Link(boost::asio::any_io_executor connection, PublishRequest request, TimePoint now, Counter& dropped)
    : connection_{std::move(connection)},
      request_{std::move(request)},
      dropped_{dropped},
      last_packet_{now.time_since_epoch().count()} {}

bool Link::push(LinkItem item) {
  const auto* arrived = std::get_if<ArrivedPacket>(&item);
  const auto* gone = std::get_if<PublisherGone>(&item);
  if (arrived != nullptr)
    last_packet_.store(arrived->arrival.now.time_since_epoch().count(), std::memory_order_relaxed);

  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    const bool room = gone != nullptr || items_.size() < kQueueItems;
    if (!room || (arrived != nullptr && !accept(*arrived))) {
      dropped_.add();
      return false;
    }
    if (gone != nullptr && gone->finished) finished_.store(true, std::memory_order_release);
    if (gone != nullptr) gone_.store(true, std::memory_order_release);
    items_.push_back(std::move(item));
    wake = !std::exchange(home_is_woken_, true);
  }
  return wake;
}

/// Whether there is room. Needs the lock.
bool Link::accept(const ArrivedPacket& arrived) {
  const bool video = arrived.packet.track == media::TrackKind::video;
  has_video_ = has_video_ || video;
  // After a hole only a picture that stands alone can be decoded; sound waits for it.
  const bool may_go_on = arrived.packet.key && video == has_video_ && bytes_ <= kQueueBytes / 2;
  if (dropping_ && !may_go_on) return false;
  const auto size = arrived.packet.data ? arrived.packet.data->size() : 0;
  dropping_ = bytes_ + size > kQueueBytes;
  if (dropping_) return false;
  bytes_ += size;
  return true;
}

std::vector<LinkItem> Link::take() {
  const std::lock_guard lock{mutex_};
  home_is_woken_ = false;
  bytes_ = 0;
  return std::exchange(items_, {});
}

void Link::revoke(const std::shared_ptr<Link>& link, ErrorCode reason) {
  if (link->revoked_.exchange(true)) return;
  boost::asio::post(link->connection_, [link, reason] {
    link->reason_ = reason;
    link->tell_revoked();
  });
}

void Link::on_revoked(const std::shared_ptr<Link>& link, std::function<void(ErrorCode)> handler) {
  link->handler_ = std::move(handler);
  if (!link->handler_ || !link->reason_) return;
  boost::asio::post(link->connection_, [link] { link->tell_revoked(); });
}

void Link::tell_revoked() {
  if (auto handler = std::exchange(handler_, nullptr)) handler(reason_);
}

}  // namespace levee::stream
