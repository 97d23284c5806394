#include "surge/realtime_client.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "surge/realtime_text.hpp"

namespace levee::surge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr Duration kPatience = std::chrono::seconds{10};  // from connecting to the hello's answer
constexpr Duration kWatchEvery = std::chrono::seconds{1};
constexpr WaitWindow kAskAgain{800, 3000};

std::int64_t micros(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

/// The code of a close frame's payload; 0 when it has none.
int close_code(std::string_view payload) {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

}  // namespace

RealtimeClient::RealtimeClient(Network& network, const RealtimePlace& place, ConnectionReport& report,
                               std::uint32_t seed)
    : network_{network},
      place_{place},
      report_{report},
      seed_{seed},
      socket_{network.context()},
      rule_{seed},
      mask_{seed} {}

void RealtimeClient::start(TimePoint due) { network_.wheel().schedule(*this, due); }

void RealtimeClient::fire(TimePoint due, TimePoint now) {
  if (state_ == State::away) {
    report_.late.record(now - due);
    return connect(due);
  }
  if (state_ == State::waiting) return greet(now);
  if (state_ == State::open) return watch(now);
  lost(now, 0);  // it took too long
}

void RealtimeClient::connect(TimePoint due) {
  if (!std::exchange(started_, true)) ++report_.planned;
  due_ = due;
  protocol_ = {};
  output_.clear();
  writing_.clear();
  state_ = State::connecting;
  network_.wheel().schedule(*this, due + kPatience);
  if (!open_socket()) return network_.wheel().schedule(*this, due);  // as if the connection were refused
  socket_.async_connect(place_.target.endpoint, [this, generation = generation_](const ErrorCode& error) {
    if (generation != generation_) return;
    if (error) {
      network_.count_failure(error);
      return lost(Clock::now(), 0);
    }
    output_ += WebSocketClient::upgrade_request(place_.target.host, place_.target.path);
    write_more();
    read_more();
  });
}

bool RealtimeClient::open_socket() {
  const auto opened = network_.open_socket(place_.target.endpoint);
  if (!opened) return false;
  ErrorCode error;
  socket_.assign(place_.target.endpoint.protocol(), *opened, error);
  if (!error) return true;
  network_.count_failure(error);
  network_.close_socket(*opened, false);
  return false;
}

void RealtimeClient::send(std::string_view text) {
  mask_ = mask_ * 1664525 + 1013904223;
  output_ += WebSocketClient::text_frame(text, mask_);
  write_more();
}

void RealtimeClient::write_more() {
  if (!writing_.empty() || output_.empty()) return;
  writing_ = std::exchange(output_, {});
  asio::async_write(socket_, asio::buffer(writing_),
                    [this, generation = generation_](const ErrorCode& error, std::size_t) {
                      if (generation != generation_) return;
                      writing_.clear();
                      if (!error) write_more();  // a broken connection is found by reading
                    });
}

void RealtimeClient::read_more() {
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [this, generation = generation_](const ErrorCode& error) {
    if (generation != generation_) return;
    reading_ = false;
    if (!error && asleep_until_ > Clock::now()) return;  // `watch` reads on
    ErrorCode failed = error;
    if (!failed) take(failed);
    if (generation != generation_) return;
    if (failed || protocol_.failed()) return lost(Clock::now(), 0);
    read_more();
  });
}

void RealtimeClient::take(ErrorCode& error) {
  auto& buffer = network_.buffer();
  const auto size = socket_.read_some(asio::buffer(buffer), error);
  if (error) return;
  const auto generation = generation_;
  const bool before = protocol_.upgraded();
  protocol_.feed({buffer.data(), size});
  const auto now = Clock::now();
  auto message = protocol_.next();
  if (!before && protocol_.upgraded()) greet(now);
  for (; message && generation == generation_; message = protocol_.next()) take_message(*message, now, error);
}

void RealtimeClient::take_message(const WebSocketClient::Message& message, TimePoint now, ErrorCode& error) {
  using Kind = WebSocketClient::Message::Kind;
  if (message.kind == Kind::close) {
    const auto code = close_code(message.text);
    if (const auto window = window_after(message.text, "retry=")) rule_.told_bye(*window);
    lost(now, code);
  } else if (message.kind == Kind::ping) {
    output_ += WebSocketClient::pong_frame(message.text, mask_);
    write_more();
  } else if (!error) {
    take_text(message.text, now);
  }
}

void RealtimeClient::take_text(std::string_view text, TimePoint now) {
  life_.heard(now);
  if (text.starts_with(R"({"ch":)") || text.starts_with(R"({"i":)")) return heard(text, now);
  if (text.starts_with(R"({"p":)")) {
    const auto sent = number_after(text, R"("p":)");
    const auto time = number_after(text, R"("t":)");
    if (sent && time) life_.answered(TimePoint{std::chrono::microseconds{*sent}}, *time, now);
    return;
  }
  if (text.starts_with(R"({"hello":)")) return take_hello(text, now);
  if (text.starts_with(R"({"err":)")) return refused(text, now);
  if (text.starts_with(R"({"bye":)")) {
    if (const auto window = window_after(text, R"("retry":)")) rule_.told_bye(*window);
    return;
  }
  if (text.starts_with(R"({"hb":)")) {
    if (const auto window = number_after(text, R"("win":)")) rule_.told_window(*window);
    if (const auto time = number_after(text, R"("t":)")) life_.beat(*time, now);
    ping(now);
  }
  heard(text, now);
}

void RealtimeClient::greet(TimePoint now) {
  state_ = State::greeting;
  greeted_at_ = now;
  network_.wheel().schedule(*this, now + kPatience);
  std::string text = R"({"op":"hello","v":1,"nick":"surge)" + std::to_string(seed_) + '"';
  if (!place_.token.empty()) text += R"(,"token":")" + place_.token + '"';
  if (!resume_.empty()) text += R"(,"resume":")" + resume_ + '"';
  const auto heartbeat = std::chrono::duration_cast<milliseconds>(slowest_heartbeat());
  if (heartbeat > milliseconds{0}) text += R"(,"hb":)" + std::to_string(heartbeat.count());
  text += R"(,"subs":[)" + wanted() + "]}";
  send(text);
}

void RealtimeClient::take_hello(std::string_view text, TimePoint now) {
  state_ = State::open;
  rule_.opened(now);
  if (const auto window = number_after(text, R"("win":)")) rule_.told_window(*window);
  resume_ = text_after(text, R"("resume":")");
  const auto heartbeat = milliseconds{number_after(text, R"("hb":)").value_or(15'000)};
  life_.begin(greeted_at_, number_after(text, R"("now":)").value_or(0), heartbeat, now);
  if (!std::exchange(was_connected_, true)) {
    ++report_.connected;
    report_.connect.record(now - due_);
  } else {
    ++report_.returned;
    if (text.find(R"("resumed":true)") != std::string_view::npos) ++report_.resumed;
  }
  network_.wheel().schedule(*this, now + kWatchEvery);
  ping(now);
  welcomed(now);
}

void RealtimeClient::refused(std::string_view text, TimePoint now) {
  const auto window = window_after(text, R"("retry":)");
  const bool of_channel = text.find(R"("ch":)") != std::string_view::npos;
  if (state_ == State::greeting && !of_channel) {
    ++report_.waits;
    state_ = State::waiting;
    network_.wheel().schedule(*this, now + rule_.draw(window.value_or(kAskAgain)));
  } else {
    ++report_.refused;
    heard(text, now);
    if (!of_channel || !window) return;
    resubscribes_ = true;
    network_.wheel().schedule(*this, now + rule_.draw(*window));
  }
}

void RealtimeClient::ping(TimePoint now) { send(R"({"p":)" + std::to_string(micros(now)) + "}"); }

void RealtimeClient::subscribe_again() {
  const auto channel = wanted();
  if (!channel.empty()) send(R"({"op":"sub",)" + channel.substr(1));
}

void RealtimeClient::caught_up(TimePoint now) {
  if (lost_at_ != TimePoint{}) report_.back.record(now - lost_at_);
  lost_at_ = {};
}

/// Once a second while the connection is there.
void RealtimeClient::watch(TimePoint now) {
  if (std::exchange(resubscribes_, false)) subscribe_again();
  if (asleep_until_ != TimePoint{} && asleep_until_ <= now) {
    asleep_until_ = {};
    woke_ = now;
    if (!reading_) read_more();
    // It judges the connection in the next second, by what waits to be read.
  } else if (asleep_until_ == TimePoint{} && life_.dead(now)) {
    return lost(now, 0);
  }
  if (!life_.fresh(now)) ping(now);
  network_.wheel().schedule(*this, now + kWatchEvery);
}

void RealtimeClient::drop(TimePoint now) {
  if (state_ == State::away) return;
  const bool was_open = open();
  lost(now, 0);
  if (!was_open) return;
  --report_.lost;
  ++report_.dropped;
}

void RealtimeClient::go_offline(TimePoint now, TimePoint until) {
  offline_until_ = until;
  drop(now);
}

void RealtimeClient::lost(TimePoint now, int code) {
  const bool was_open = open();
  if (was_open) {
    ++report_.lost;
    lost_at_ = now;
  }
  break_off();
  life_.lost();
  gone(now);
  const auto wait = rule_.lost(now, code);
  if (!wait) return;  // for good
  network_.wheel().schedule(*this, std::max(now + *wait, offline_until_));
}

void RealtimeClient::break_off() {
  ++generation_;
  state_ = State::away;
  asleep_until_ = {};
  resubscribes_ = false;
  reading_ = false;
  if (socket_.is_open()) network_.close_socket(socket_.release(), true);
}

Result<Target> resolve_websocket(const std::string& url) {
  if (!url.starts_with("ws://")) return make_error_code(boost::system::errc::invalid_argument);
  auto target = resolve_target("http" + url.substr(2));
  if (target && target->path == "/rt") target->path += "?v=1";
  return target;
}

}  // namespace levee::surge
