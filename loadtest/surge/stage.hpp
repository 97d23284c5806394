#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "surge/chat_audience.hpp"
#include "surge/feed_audience.hpp"
#include "surge/http_connection.hpp"
#include "surge/network.hpp"
#include "surge/publisher.hpp"
#include "surge/run_report.hpp"
#include "surge/target.hpp"
#include "surge/track_audience.hpp"

namespace levee::surge {

/// What a run plays on: the event loop, the network and, where the harness publishes by itself, the stream.
/// Thread: one.
struct Stage {
  boost::asio::io_context context{1};
  Network network{context, Clock::now()};
  PublisherReport published;
  std::unique_ptr<RtmpPublisher> publisher;  ///< null: somebody else publishes
  ChatReport chatted;
  std::unique_ptr<ChatAudience> chat;  ///< null: nobody chats
  FeedReport fed;
  std::unique_ptr<FeedAudience> feed;  ///< null: there are no feeds
  TrackReport tracked;
  std::unique_ptr<TrackAudience> track;  ///< null: there are no devices

  /// Lets everything happen that is due, for about a millisecond.
  void turn();
};

/// Asks for a playlist once before anybody else does, and again every quarter of a second for `patience`.
class Knock final : public ExchangeOwner {
 public:
  explicit Knock(Stage& stage) : stage_{stage}, connection_{stage.network, *this} {}

  /// Why there is no playlist; empty: there is one, or the server asks to come later, which is an answer too.
  std::string ask(const Target& target, Duration patience);

  void exchanged(HttpConnection& connection, const Response& response) override;

 private:
  Stage& stage_;
  HttpConnection connection_;
  std::uint64_t received_ = 0;
  std::optional<std::string> fault_;
};

}  // namespace levee::surge
