#include "surge/chat_audience.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "levee/base/unix_time.hpp"

#include "surge/realtime_text.hpp"

namespace levee::surge {
namespace {

using std::chrono::microseconds;

constexpr std::string_view kVoice = "levee-surge ";
constexpr std::string_view kNumber = " says ";
constexpr std::string_view kTime = " at ";

}  // namespace

class ChatAudience::Client final : public RealtimeClient {
 public:
  Client(ChatAudience& audience, std::uint32_t number)
      : RealtimeClient{audience.network_, audience.plan_.place, audience.report_, number},
        audience_{audience} {}

  void say(std::uint64_t number, TimePoint due) {
    const auto at = std::chrono::duration_cast<microseconds>(due.time_since_epoch()).count();
    auto text = std::string{kVoice} + std::to_string(audience_.plan_.voice) + std::string{kNumber} +
                std::to_string(number) + std::string{kTime} + std::to_string(at);
    const auto& said = unanswered_[number] = std::move(text);
    ++audience_.report_.sent;
    send_message(number, said);
  }

 private:
  void send_message(std::uint64_t number, const std::string& text) {
    const auto id = std::to_string(audience_.plan_.voice) + "-" + std::to_string(number);
    send(R"({"i":)" + std::to_string(number) + R"(,"op":"pub","ch":")" + audience_.plan_.channel +
         R"(","id":")" + id + R"(","d":{"text":")" + text + "\"}}");
  }

  std::string wanted() const override {
    std::string text = R"({"ch":")" + audience_.plan_.channel + '"';
    if (last_) text += R"(,"pos":{"e":")" + epoch_ + R"(","o":)" + std::to_string(*last_) + "}";
    return text + "}";
  }

  void welcomed(TimePoint) override {
    // No answer came: it is said again, and becomes one message all the same.
    for (const auto& [number, text] : unanswered_) send_message(number, text);
  }

  void gone(TimePoint) override { up_to_.reset(); }

  void heard(std::string_view text, TimePoint now) override {
    if (text.starts_with(R"({"i":)")) return answered(text);
    if (text.starts_with(R"({"sync":)")) return synced(text, now);
    if (text.starts_with(R"({"gap":)")) return gap(text);
    if (text.starts_with(R"({"ch":)")) message(text, now);
  }

  void answered(std::string_view text) {
    const auto number = number_after(text, R"({"i":)");
    if (!number) return;
    unanswered_.erase(static_cast<std::uint64_t>(*number));
    const auto offset = number_after(text, R"("o":)");
    if (text.find(R"("err":)") != std::string_view::npos) {
      ++audience_.report_.refused;
    } else if (offset) {
      judge(*offset, static_cast<std::uint64_t>(*number));
    }
  }

  void synced(std::string_view text, TimePoint now) {
    const auto from = number_after(text, R"("from":)");
    const auto epoch = text_after(text, R"("e":")");
    if (epoch != audience_.epoch_) {
      audience_.epoch_ = epoch;
      audience_.order_.clear();
    }
    const bool recovered = text.find(R"("recovered":true)") != std::string_view::npos;
    if (last_ && !recovered) ++audience_.report_.unrecovered;
    if (!recovered || !last_) last_ = from.value_or(0);
    epoch_ = epoch;
    up_to_ = number_after(text, R"("o":)").value_or(*last_);
    if (*last_ >= *up_to_) caught_up(now);
  }

  void gap(std::string_view text) {
    const auto offset = number_after(text, R"("o":)");
    if (!offset || !last_ || *offset <= *last_) return;
    audience_.report_.left_out += static_cast<std::uint64_t>(*offset - *last_);
    last_ = offset;
  }

  void message(std::string_view text, TimePoint now) {
    const auto offset = number_after(text, R"("o":)");
    if (!offset || !last_) return;
    auto& report = audience_.report_;
    ++report.received;
    const auto left_out = number_after(text, R"("sk":)").value_or(0);
    report.left_out += static_cast<std::uint64_t>(left_out);
    const auto expected = *last_ + 1 + left_out;
    if (*offset <= *last_) ++report.duplicates;
    if (*offset > expected) report.missed += static_cast<std::uint64_t>(*offset - expected);
    last_ = std::max(*last_, *offset);
    const bool history = up_to_ && *offset <= *up_to_;
    if (history && *offset == *up_to_) caught_up(now);
    said(text, *offset, history, now);
  }

  /// What is said by one of this process says which it is, and when it was due.
  void said(std::string_view text, std::int64_t offset, bool history, TimePoint now) {
    if (number_after(text, kVoice) != audience_.plan_.voice) return;
    const auto number = number_after(text, kNumber);
    const auto at = number_after(text, kTime);
    if (!number || !at) return;
    judge(offset, static_cast<std::uint64_t>(*number));
    if (history) return;  // late by nature
    const auto time = now - TimePoint{microseconds{*at}};
    audience_.report_.delivery.record(time);
    audience_.timeline_->delivered(time, now);
  }

  void judge(std::int64_t offset, std::uint64_t number) {
    using Verdict = ChatOrder::Verdict;
    if (epoch_ != audience_.epoch_) return;
    const auto verdict = audience_.order_.given(static_cast<std::uint64_t>(offset), number);
    if (verdict == Verdict::other) ++audience_.report_.out_of_order;
    if (verdict == Verdict::twice) ++audience_.report_.duplicates;
  }

  ChatAudience& audience_;
  std::string epoch_;
  std::optional<std::int64_t> last_;   ///< offset
  std::optional<std::int64_t> up_to_;  ///< of this connection's history
  std::map<std::uint64_t, std::string> unanswered_;
};

ChatAudience::ChatAudience(Network& network, ChatReport& report, ChatPlan plan)
    : network_{network}, report_{report}, plan_{std::move(plan)} {
  if (plan_.messages_per_second > 0)
    every_ =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / plan_.messages_per_second));
  for (std::uint32_t i = 0; i < plan_.count; ++i) clients_.push_back(std::make_unique<Client>(*this, i));
}

ChatAudience::~ChatAudience() = default;

void ChatAudience::start(TimePoint begin, Duration within, RealtimeTimeline timeline) {
  if (clients_.empty()) return;
  timeline_.emplace(timeline);
  const auto share = within / static_cast<Duration::rep>(clients_.size());
  for (std::size_t i = 0; i < clients_.size(); ++i)
    clients_[i]->start(begin + share * static_cast<Duration::rep>(i));
  if (every_ <= Duration::zero()) return;
  next_message_ = begin + within;
  network_.wheel().schedule(*this, next_message_);
}

void ChatAudience::fire(TimePoint, TimePoint now) {
  for (; next_message_ <= now; next_message_ += every_) {
    report_.late.record(now - next_message_);
    speaker_ = (speaker_ + 1) % clients_.size();
    if (clients_[speaker_]->open()) clients_[speaker_]->say(++last_number_, next_message_);
  }
  network_.wheel().schedule(*this, next_message_);
}

void ChatAudience::drop(TimePoint now) {
  for (auto& client : clients_) client->drop(now);
}

void ChatAudience::look(TimePoint now) { timeline_->standing(open_among(clients_), wrong(), now); }

Result<ChatPlan> plan_chat(const Scenario& scenario, const std::string& stream) {
  ChatPlan plan;
  const auto& chat = scenario.chat;
  if (chat.count == 0) return plan;
  auto target = resolve_websocket(chat.url.empty() ? scenario.realtime.url : chat.url);
  if (!target) return target.error();
  plan.place = {std::move(*target), scenario.realtime.token};
  plan.channel = chat.channel;
  if (plan.channel.empty()) {  // /live/NAME/index.m3u8
    const auto folder = stream.substr(0, stream.rfind('/'));
    plan.channel = "chat:" + (stream.empty() ? "surge" : folder.substr(folder.rfind('/') + 1));
  }
  plan.count = share_of(chat.count, scenario.agents, scenario.agent_index);
  plan.messages_per_second = chat.messages_per_second / scenario.agents;
  plan.voice = unix_ms() * 1024 + scenario.agent_index;
  return plan;
}

}  // namespace levee::surge
