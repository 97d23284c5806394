#include "surge/chat_audience.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "surge/websocket_client.hpp"

namespace levee::surge {
namespace {

namespace asio = boost::asio;
using std::chrono::microseconds;

constexpr Duration kBackAfter = std::chrono::seconds{1};
constexpr std::string_view kSaying = "levee-surge at ";

// The number after `name` in a message: enough of JSON for the few numbers that count here.
std::optional<std::int64_t> number_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  std::int64_t number = 0;
  const auto* begin = text.data() + at + name.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc{}) return {};
  return number;
}

}  // namespace

/// One connection, made again when it is lost.
class ChatAudience::Client final : public WheelTimer {
 public:
  Client(Network& network, ChatReport& report, const ChatPlan& plan, std::size_t number)
      : network_{network}, report_{report}, plan_{plan}, number_{number}, socket_{network.context()} {}

  void fire(TimePoint due, TimePoint) override {
    if (!planned_) ++report_.planned;
    planned_ = true;
    connect(due);
  }

  bool welcome() const { return welcome_; }

  void say(TimePoint due) {
    const auto at = std::chrono::duration_cast<microseconds>(due.time_since_epoch()).count();
    send_text(R"({"op":"pub","ch":")" + plan_.channel + R"(","d":{"text":")" + std::string{kSaying} +
              std::to_string(at) + "\"}}");
    ++report_.sent;
  }

 private:
  void connect(TimePoint due) {
    due_ = due;
    protocol_ = {};
    output_.clear();
    writing_.clear();
    socket_.async_connect(plan_.target.endpoint, [this, generation = generation_](const ErrorCode& error) {
      if (generation != generation_) return;
      if (error) {
        network_.count_failure(error);
        lost();
        return;
      }
      output_ += WebSocketClient::upgrade_request(plan_.target.host, plan_.target.path);
      write_more();
      read_more();
    });
  }

  void send_text(std::string_view text) {
    mask_ = mask_ * 1664525 + 1013904223;
    output_ += WebSocketClient::text_frame(text, mask_);
    write_more();
  }

  void write_more() {
    if (!writing_.empty() || output_.empty()) return;
    writing_ = std::exchange(output_, {});
    asio::async_write(socket_, asio::buffer(writing_),
                      [this, generation = generation_](const ErrorCode& error, std::size_t) {
                        if (generation != generation_) return;
                        writing_.clear();
                        if (!error) write_more();  // a broken connection is found by reading
                      });
  }

  void read_more() {
    socket_.async_wait(asio::ip::tcp::socket::wait_read,
                       [this, generation = generation_](const ErrorCode& error) {
                         if (generation != generation_) return;
                         ErrorCode failed = error;
                         if (!failed) take(failed);
                         if (generation != generation_) return;
                         if (failed || protocol_.failed()) {
                           lost();
                         } else {
                           read_more();
                         }
                       });
  }

  void take(ErrorCode& error) {
    auto& buffer = network_.buffer();
    const auto size = socket_.read_some(asio::buffer(buffer), error);
    if (error) return;
    const bool before = protocol_.upgraded();
    protocol_.feed({buffer.data(), size});
    const auto now = Clock::now();
    auto message = protocol_.next();
    if (!before && protocol_.upgraded()) {
      send_text(R"({"op":"hello","v":1,"nick":"surge)" + std::to_string(number_) + R"(","subs":[{"ch":")" +
                plan_.channel + "\"}]}");
    }
    for (; message; message = protocol_.next()) {
      if (message->kind == WebSocketClient::Message::Kind::close) {
        error = asio::error::eof;
        return;
      }
      if (message->kind == WebSocketClient::Message::Kind::ping) {
        output_ += WebSocketClient::pong_frame(message->text, mask_);
        write_more();
      } else {
        heard(message->text, now);
      }
    }
  }

  void heard(std::string_view text, TimePoint now) {
    if (text.starts_with("{\"hello\"")) {
      welcome_ = true;
      ++report_.connected;
      report_.connect.record(now - due_);
      return;
    }
    const auto offset = number_after(text, "\"o\":");
    const auto said = number_after(text, kSaying);
    if (!offset || text.find("\"text\"") == std::string_view::npos) return;
    ++report_.received;
    if (last_) {
      if (*offset <= *last_) ++report_.duplicates;
      // What the server left out above its rate, it said so.
      const auto expected = *last_ + 1 + number_after(text, "\"sk\":").value_or(0);
      if (*offset > expected) report_.missed += static_cast<std::uint64_t>(*offset - expected);
    }
    last_ = std::max(last_.value_or(*offset), *offset);
    // What was said before this client came is history, and late by nature.
    const TimePoint at{microseconds{said.value_or(0)}};
    if (said && at > due_) report_.delivery.record(now - at);
  }

  void lost() {
    if (welcome_) ++report_.lost;
    welcome_ = false;
    last_.reset();
    ++generation_;
    ErrorCode ignored;
    socket_.close(ignored);
    network_.wheel().schedule(*this, Clock::now() + kBackAfter);
  }

  Network& network_;
  ChatReport& report_;
  const ChatPlan& plan_;
  std::size_t number_;
  asio::ip::tcp::socket socket_;
  WebSocketClient protocol_;
  std::string output_;
  std::string writing_;
  std::uint32_t generation_ = 0;
  std::uint32_t mask_ = 1;
  bool planned_ = false;
  bool welcome_ = false;
  TimePoint due_{};
  std::optional<std::int64_t> last_;  ///< offset
};

ChatAudience::ChatAudience(Network& network, ChatReport& report, ChatPlan plan)
    : network_{network}, report_{report}, plan_{std::move(plan)} {
  if (plan_.messages_per_second > 0)
    every_ =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / plan_.messages_per_second));
  for (std::size_t i = 0; i < plan_.count; ++i)
    clients_.push_back(std::make_unique<Client>(network_, report_, plan_, i));
}

ChatAudience::~ChatAudience() = default;

void ChatAudience::start(TimePoint begin, Duration within) {
  if (clients_.empty()) return;
  const auto share = within / static_cast<Duration::rep>(clients_.size());
  for (std::size_t i = 0; i < clients_.size(); ++i)
    network_.wheel().schedule(*clients_[i], begin + share * static_cast<Duration::rep>(i));
  if (every_ <= Duration::zero()) return;
  next_message_ = begin + within;
  network_.wheel().schedule(*this, next_message_);
}

void ChatAudience::fire(TimePoint, TimePoint now) {
  for (; next_message_ <= now; next_message_ += every_) {
    speaker_ = (speaker_ + 1) % clients_.size();
    if (clients_[speaker_]->welcome()) clients_[speaker_]->say(next_message_);
  }
  network_.wheel().schedule(*this, next_message_);
}

Result<ChatPlan> plan_chat(const Scenario& scenario, const std::string& stream) {
  ChatPlan plan;
  const auto& chat = scenario.chat;
  if (chat.count == 0) return plan;
  const auto scheme = chat.url.find("://");
  if (!chat.url.starts_with("ws://")) return make_error_code(boost::system::errc::invalid_argument);
  auto target = resolve_target("http" + chat.url.substr(scheme));
  if (!target) return target.error();
  plan.target = std::move(*target);
  if (plan.target.path == "/rt") plan.target.path += "?v=1";
  plan.channel = chat.channel;
  if (plan.channel.empty()) {  // /live/NAME/index.m3u8
    const auto folder = stream.substr(0, stream.rfind('/'));
    plan.channel = "chat:" + folder.substr(folder.rfind('/') + 1);
  }
  plan.count = share_of(chat.count, scenario.agents, scenario.agent_index);
  plan.messages_per_second = chat.messages_per_second / scenario.agents;
  return plan;
}

}  // namespace levee::surge
