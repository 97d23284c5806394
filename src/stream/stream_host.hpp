#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "levee/stream/registry.hpp"

#include "stream/counters.hpp"
#include "stream/life.hpp"
#include "stream/link.hpp"
#include "stream/live_stream.hpp"

namespace levee::stream {

/// What every stream of the registry uses. Lifetime: the registry's.
struct HostContext {
  Settings settings;
  PipelineFactory make_pipeline;
  Outlet& outlet;
  Counters counters;
  std::mutex mutex;  ///< guards every host's `life` and `link`
};

/// One show in the registry: its life and its publisher, which any thread may ask about under the lock, and
/// the stream itself, which its home shard alone touches.
///
/// Lifetime: posts to the home shard keep it alive; `close` ends it.
class StreamHost : public std::enable_shared_from_this<StreamHost> {
 public:
  /// Told on the home shard, without the lock, when the show is to be forgotten.
  using Removed = std::function<void(const std::shared_ptr<StreamHost>&)>;

  StreamHost(std::shared_ptr<HostContext> context, boost::asio::io_context& home, std::string name,
             std::string id, Removed on_removed);

  const std::string& name() const { return name_; }
  boost::asio::io_context& home() { return home_; }

  // Thread: any, under the lock.

  Life::Claim claim(TimePoint now) const;
  StreamState state() const { return life_.state(); }
  bool over() const { return life_.over(); }
  /// Gives the stream to a publisher; the one that had it is told that it was taken over.
  void give_to(std::shared_ptr<Link> link);
  /// Puts the publisher out.
  void revoke(ErrorCode reason);

  // Thread: any.

  /// Lets the home take what is in the link.
  void wake(const std::shared_ptr<Link>& link);
  /// Ends the stream as if its publisher had said so.
  void request_end();
  /// Forgets the stream at once: another show takes its name.
  void request_close();

  // Thread: the home shard.

  /// Returns when the stream has ended, or at `deadline`; then closes it, which tells the outlet nothing.
  boost::asio::awaitable<void> wait_for_end(TimePoint deadline);

 private:
  void attach(const std::shared_ptr<Link>& link);
  void take_from(const std::shared_ptr<Link>& link);
  void handle(const std::shared_ptr<Link>& link, LinkItem item);
  void publisher_gone(const std::shared_ptr<Link>& link, bool finished);
  void playing();
  void failed(ErrorCode reason);
  void end();
  void ended();
  void arm_timer();
  void on_time();
  void remove();
  void close();
  LiveStream& live();

  std::shared_ptr<HostContext> context_;
  boost::asio::io_context& home_;
  const std::string name_;
  const std::string id_;
  Removed on_removed_;

  Life life_;                   ///< guarded
  std::shared_ptr<Link> link_;  ///< guarded

  // The home shard's.
  std::unique_ptr<LiveStream> live_;
  std::shared_ptr<Link> attached_;  ///< whose packets are taken
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer has_ended_;  ///< cancelled when the stream has ended
  bool ending_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace levee::stream
