#include "surge/publisher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "surge/target.hpp"

namespace levee::surge {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr Duration kPace = milliseconds{10};
constexpr Duration kRetry = std::chrono::seconds{1};
constexpr std::size_t kMostQueued = 8 << 20;  // a server that takes nothing: what is due is then not sent

}  // namespace

RtmpPublisher::RtmpPublisher(Network& network, PublisherReport& report, FlvFile file,
                             asio::ip::tcp::endpoint target, RtmpClient client)
    : network_{network},
      report_{report},
      file_{std::move(file)},
      target_{std::move(target)},
      fresh_{std::move(client)},
      client_{fresh_},
      socket_{network.context()} {}

void RtmpPublisher::start() {
  client_ = fresh_;
  media_began_.reset();
  next_tag_ = 0;
  round_ms_ = 0;
  open_ = true;
  ++report_.connections;
  socket_.async_connect(target_, [this, generation = generation_](const ErrorCode& error) {
    if (generation == generation_) connected(error);
  });
}

void RtmpPublisher::connected(const ErrorCode& error) {
  if (error) {
    lost(Clock::now());
    return;
  }
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  write_more();
  read_more();
}

void RtmpPublisher::read_more() {
  socket_.async_read_some(asio::buffer(input_),
                          [this, generation = generation_](const ErrorCode& error, std::size_t size) {
                            if (generation != generation_) return;
                            const auto now = Clock::now();
                            if (!error) client_.feed(BytesView{input_}.first(size));
                            if (error || client_.failed()) {
                              lost(now);
                              return;
                            }
                            if (client_.publishing() && !media_began_) {
                              media_began_ = now;
                              send_due(now);
                            }
                            write_more();
                            read_more();
                          });
}

void RtmpPublisher::fire(TimePoint, TimePoint now) {
  if (!open_) {
    start();
  } else if (media_began_) {
    send_due(now);
  }
}

void RtmpPublisher::send_due(TimePoint now) {
  const auto& tags = file_.tags();
  for (;;) {
    const auto& tag = tags[next_tag_];
    const auto due = *media_began_ + milliseconds{round_ms_ + tag.time_ms};
    if (due > now) break;
    const auto body = file_.body(tag);
    const bool again = round_ms_ > 0 && FlvFile::is_header(tag, body);
    if (!again && client_.waiting_bytes() < kMostQueued) {
      client_.send_tag(tag.type, round_ms_ + tag.time_ms, body);
      report_.bytes += body.size();
      report_.lag.record(now - due);
    }
    if (++next_tag_ == tags.size()) {
      next_tag_ = 0;
      round_ms_ += file_.length_ms();
    }
  }
  write_more();
  network_.wheel().schedule(*this, now + kPace);
}

void RtmpPublisher::write_more() {
  if (write_under_way_) return;
  writing_ = client_.take_output();
  if (writing_.empty()) return;
  write_under_way_ = true;
  asio::async_write(socket_, asio::buffer(writing_),
                    [this, generation = generation_](const ErrorCode& error, std::size_t) {
                      if (generation != generation_) return;
                      write_under_way_ = false;
                      if (error) {
                        lost(Clock::now());
                      } else {
                        write_more();
                      }
                    });
}

void RtmpPublisher::lost(TimePoint now) {
  ++report_.failures;
  close(true);
  network_.wheel().schedule(*this, now + kRetry);
}

void RtmpPublisher::blink(TimePoint now, Duration away, bool abrupt) {
  ++report_.blinks;
  if (open_ && !abrupt) {
    client_.say_goodbye();
    const auto goodbye = client_.take_output();
    ErrorCode ignored;
    socket_.non_blocking(true, ignored);
    socket_.write_some(asio::buffer(goodbye), ignored);
  }
  if (open_) close(abrupt);
  network_.wheel().schedule(*this, now + away);
}

void RtmpPublisher::close(bool by_reset) {
  ++generation_;
  open_ = write_under_way_ = false;
  media_began_.reset();
  ErrorCode ignored;
  if (by_reset) socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  socket_.close(ignored);
}

Result<std::unique_ptr<RtmpPublisher>> make_publisher(Network& network, PublisherReport& report,
                                                      const Publisher& settings) {
  if (settings.flv_file.empty()) return std::unique_ptr<RtmpPublisher>{};
  auto file = FlvFile::load(settings.flv_file);
  if (!file) return file.error();
  const auto url = parse_url(settings.rtmp_url);
  if (!url) return url.error();
  const auto slash = url->path.find('/', 1);
  if (url->scheme != "rtmp" || slash == std::string::npos)
    return make_error_code(boost::system::errc::invalid_argument);
  asio::ip::tcp::resolver resolver{network.context()};
  ErrorCode error;
  const auto found = resolver.resolve(url->host, url->port, error);
  if (error) return error;
  const auto app = url->path.substr(1, slash - 1);
  RtmpClient client{"rtmp://" + url->host + ":" + url->port + "/" + app, app, url->path.substr(slash + 1)};
  return std::make_unique<RtmpPublisher>(network, report, std::move(*file), *found.begin(),
                                         std::move(client));
}

}  // namespace levee::surge
