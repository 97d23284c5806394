#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "levee/realtime/hub.hpp"
#include "levee/realtime/memory_bus.hpp"

#include "support/start.hpp"

namespace levee::realtime {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using nlohmann::json;

using test::kStart;

/// Names sessions s1, s2 ...; the token of a session is its name with a "!", an identity's its claims.
class FakeIdentities final : public Identities {
 public:
  std::string new_session() override { return "s" + std::to_string(++made_); }
  std::string resume_token(const Resumption& session, std::int64_t) override {
    const auto token = session.session + "!";
    identities_[token] = session.identity;
    return token;
  }
  std::optional<Resumption> verify(std::string_view token, std::int64_t) override {
    if (!token.ends_with('!')) return {};
    return Resumption{std::string{token.substr(0, token.size() - 1)}, identities_[std::string{token}]};
  }
  Result<Identity> identify(std::string_view token, std::int64_t now_ms) override {
    return decode_claims(token, now_ms);
  }

 private:
  int made_ = 0;
  std::map<std::string, Identity> identities_;
};

/// Takes lines of JSON; can be stopped up.
class FakeConnection final : public Connection {
 public:
  bool ready() const override { return !stopped_up; }
  void push(const SharedBytes& frames) override {
    pushed.push_back(frames);
    unsent = true;
    text += as_text(*frames);
    if (stops_after > 0 && --stops_after == 0) stopped_up = true;
  }
  /// Counts as the transport sends: with nothing pushed since, there is nothing to send.
  void flush() override {
    if (!std::exchange(unsent, false)) return;
    ++flushes;
    if (cpu != nullptr) *cpu += kFlushCost;
  }
  void close(int code) override { closed = code; }

  /// What came since the last call.
  std::vector<json> take() {
    std::vector<json> messages;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      messages.push_back(json::parse(text.substr(at, end - at)));
      at = end + 1;
    }
    text.clear();
    return messages;
  }

  static constexpr Duration kFlushCost = 10us;
  Duration* cpu = nullptr;  ///< of the thread; null: a flush costs nothing
  bool stopped_up = false;
  int stops_after = 0;  ///< pushes; 0: never by itself
  int closed = 0;
  int flushes = 0;
  bool unsent = false;
  std::string text;
  std::vector<SharedBytes> pushed;
};

struct Client {
  explicit Client(Hub& hub) : session{hub.open(connection)} {}
  FakeConnection connection;
  std::unique_ptr<Session> session;
};

class HubTest : public testing::Test {
 protected:
  HubTest() : HubTest{HubSettings{}.log_rate} {}
  /// `log_rate`: of a chat, what one subscriber is given a second; 0: all.
  explicit HubTest(std::size_t log_rate)
      : settings_{.log_rate = log_rate, .filter = &filter_, .thread_cpu = [this] { return cpu_; }} {}

  static Bytes line(std::string_view text) {
    Bytes bytes;
    ByteWriter{bytes}.text(std::string{text} + "\n");
    return bytes;
  }

  /// Lets time pass, in steps of 10 ms, and the bus and the hub do their work.
  void pass(Duration time) {
    for (const auto end = now_ + time; now_ < end; now_ += 10ms) settle();
    settle();
  }
  void settle() {
    context_.restart();
    context_.poll();
    while (hub_.deadline() <= now_) {
      hub_.tick(now_, 5000);
      context_.restart();
      context_.poll();
    }
  }
  std::unique_ptr<Client> client(const std::string& nickname, const std::string& more = "") {
    auto made = std::make_unique<Client>(hub_);
    ask(*made, R"({"op":"hello","nick":")" + nickname + '"' + more + "}");
    return made;
  }
  void ask(Client& client, const std::string& text) {
    client.session->receive(text, now_, 5000);
    settle();
  }
  void say(Client& client, const std::string& text, const std::string& id = "") {
    ask(client, R"({"i":9,"op":"pub","ch":"chat:a",)" + (id.empty() ? "" : R"("id":")" + id + R"(",)") +
                    R"("d":{"text":")" + text + R"("}})");
  }
  static std::vector<std::string> texts(const std::vector<json>& messages) {
    std::vector<std::string> all;
    for (const auto& message : messages) {
      if (message.contains("d") && message["d"].contains("text")) all.push_back(message["d"]["text"]);
    }
    return all;
  }

  TimePoint now_ = kStart;
  boost::asio::io_context context_;
  MemoryBus bus_{"e"};
  FakeIdentities identities_;
  WordFilter filter_{{"Swear", "schei\xC3\x9F"}};
  Duration cpu_{};  ///< what the thread has used, where connections say that they cost something
  HubSettings settings_;
  Hub hub_{settings_, bus_, context_, identities_, line, [] {}};
};

}  // namespace levee::realtime
