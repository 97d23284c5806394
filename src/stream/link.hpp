#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "levee/base/metrics.hpp"
#include "levee/media/packet_sink.hpp"
#include "levee/stream/publish.hpp"

#include "stream/track_gate.hpp"

namespace levee::stream {

/// The publisher's side is over; nothing follows.
struct PublisherGone {
  bool finished = false;  ///< it said so; else it was lost
};

struct ArrivedPacket {
  media::Packet packet;
  Arrival arrival;
};

/// What a publication sends to the stream's home shard, in order.
using LinkItem = std::variant<media::SourceInfo, media::TrackConfig, ArrivedPacket, PublisherGone>;

/// What joins one publication, on its connection's thread, to its stream on the home shard: a bounded queue
/// one way, and the news that the stream was taken away the other way.
///
/// The home takes everything that is there at once, so that one wake-up carries whatever came meanwhile.
/// Limits: `kQueueBytes` of media and `kQueueItems` items. When the home is further behind, what comes is
/// dropped and counted, to the next key frame that finds the queue half empty. Thread: any, but where a
/// function says otherwise.
class Link {
 public:
  static constexpr std::size_t kQueueBytes = 8 << 20;
  static constexpr std::size_t kQueueItems = 1 << 16;

  /// `connection`: where the revocation is told. `dropped` counts packets and outlives the link.
  Link(boost::asio::any_io_executor connection, PublishRequest request, TimePoint now, Counter& dropped);

  const PublishRequest& request() const { return request_; }

  /// Puts an item in. True: the home has to be woken up. Thread: the connection's.
  [[nodiscard]] bool push(LinkItem item);
  /// Everything that is there. Thread: the home's.
  std::vector<LinkItem> take();

  /// When the last packet came; what it begins with is when the publication began.
  TimePoint last_packet() const { return TimePoint{Duration{last_packet_.load(std::memory_order_relaxed)}}; }
  bool gone() const { return gone_.load(std::memory_order_acquire); }
  bool finished() const { return finished_.load(std::memory_order_acquire); }

  /// The stream is no longer this publication's. The first reason counts.
  static void revoke(const std::shared_ptr<Link>& link, ErrorCode reason);
  /// Thread: the connection's.
  static void on_revoked(const std::shared_ptr<Link>& link, std::function<void(ErrorCode)> handler);

 private:
  bool accept(const ArrivedPacket& arrived);
  void tell_revoked();

  const boost::asio::any_io_executor connection_;
  const PublishRequest request_;
  Counter& dropped_;
  std::atomic<Duration::rep> last_packet_;
  std::atomic<bool> gone_{false};
  std::atomic<bool> finished_{false};
  std::atomic<bool> revoked_{false};

  std::mutex mutex_;
  std::vector<LinkItem> items_;
  std::size_t bytes_ = 0;
  bool home_is_woken_ = false;
  bool dropping_ = false;
  bool has_video_ = false;

  ErrorCode reason_;                        ///< set once, before the post that reads it
  std::function<void(ErrorCode)> handler_;  ///< the connection's thread only
};

}  // namespace levee::stream
