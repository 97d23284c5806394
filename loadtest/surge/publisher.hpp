#pragma once

#include <array>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "surge/flv_file.hpp"
#include "surge/network.hpp"
#include "surge/rtmp_client.hpp"
#include "surge/run_report.hpp"
#include "surge/scenario.hpp"

namespace levee::surge {

/// Publishes an FLV file over RTMP, in real time and in a loop, and drops the connection when told to. A
/// connection lost unasked is made again after a second.
///
/// Lifetime: longer than the io_context runs handlers; what is given outlives it. Thread: the network's.
class RtmpPublisher final : private WheelTimer {
 public:
  RtmpPublisher(Network& network, PublisherReport& report, FlvFile file,
                boost::asio::ip::tcp::endpoint target, RtmpClient client);

  void start();
  /// Drops the connection, by a reset or with a goodbye, and comes back after `away`.
  void blink(TimePoint now, Duration away, bool abrupt);

 private:
  void fire(TimePoint due, TimePoint now) override;
  void connected(const boost::system::error_code& error);
  void read_more();
  void send_due(TimePoint now);
  void write_more();
  void lost(TimePoint now);
  void close(bool by_reset);

  Network& network_;
  PublisherReport& report_;
  FlvFile file_;
  boost::asio::ip::tcp::endpoint target_;
  const RtmpClient fresh_;  ///< for each new connection
  RtmpClient client_;
  boost::asio::ip::tcp::socket socket_;
  std::array<std::byte, 4096> input_{};
  Bytes writing_;
  bool open_ = false;
  bool write_under_way_ = false;
  std::uint32_t generation_ = 0;

  std::optional<TimePoint> media_began_;  ///< on this connection: when the first tag was sent
  std::size_t next_tag_ = 0;
  std::uint32_t round_ms_ = 0;  ///< added to the file's times
};

/// The publisher that a scenario asks for; null when it asks for none.
/// Errors: those of the file and of the URL.
Result<std::unique_ptr<RtmpPublisher>> make_publisher(Network& network, PublisherReport& report,
                                                      const Publisher& settings);

}  // namespace levee::surge
