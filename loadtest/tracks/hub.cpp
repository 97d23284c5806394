// levee-hub: the realtime engine of the server without its sockets, in the time of whoever drives it. It
// reads requests from its standard input, one a line, and answers each before it reads the next:
//
//   NOW open CLIENT          NOW text CLIENT MESSAGE
//   NOW close CLIENT         NOW tick
//
// NOW is the time in ms since the start and never falls; CLIENT a number. An answer is a line "CLIENT
// MESSAGE" for each message to a client, "CLIENT close CODE" for each client that the hub lets go, and at
// last "= DUE": when to tick, if nothing comes before.
#include "levee/realtime/hub.hpp"

#include <charconv>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <spdlog/fmt/fmt.h>

#include "levee/realtime/memory_bus.hpp"

namespace {

using namespace levee;
using namespace std::chrono_literals;

constexpr TimePoint kStart{1000s};
constexpr std::int64_t kWallMs = 1'700'000'000'000;

constexpr const char* kUsage =
    "usage: levee-hub [--checkpoint=GROUP,NAME,LATITUDE,LONGITUDE,RADIUS_M ...] [--RATE=NUMBER ...]\n"
    "  RATE: error_m, fastest_ms, slowest_ms, turn_deg, near_m, near_ms, near_error_m, near_interval_ms, "
    "still_ms,\n"
    "        parked_ms, unwatched_factor, slow_down_after_ms; what is not given is as in the server\n";

/// Believes everyone: whoever drives this is trusted.
class OpenIdentities final : public realtime::Identities {
 public:
  std::string new_session() override { return fmt::format("session{:05}", ++made_); }
  std::string resume_token(const realtime::Resumption& session, std::int64_t) override {
    return session.session;
  }
  std::optional<realtime::Resumption> verify(std::string_view token, std::int64_t) override {
    return realtime::Resumption{std::string{token}, {}};
  }
  Result<realtime::Identity> identify(std::string_view token, std::int64_t now_ms) override {
    return realtime::decode_claims(token, now_ms);
  }

 private:
  int made_ = 0;
};

/// Writes what a client is sent as lines.
class LineConnection final : public realtime::Connection {
 public:
  LineConnection(int client, std::string& out) : client_{client}, out_{out} {}
  bool ready() const override { return true; }
  void push(const SharedBytes& frames) override {
    for (std::string_view rest = as_text(*frames); !rest.empty();) {
      const auto end = rest.find('\n') + 1;
      out_ += fmt::format("{} {}", client_, rest.substr(0, end));
      rest.remove_prefix(end);
    }
  }
  void flush() override {}
  void close(int code) override { out_ += fmt::format("{} close {}\n", client_, code); }

 private:
  int client_;
  std::string& out_;
};

struct Client {
  Client(int number, realtime::Hub& hub, std::string& out)
      : connection{number, out}, session{hub.open(connection)} {}
  LineConnection connection;
  std::unique_ptr<realtime::Session> session;
};

class Engine {
 public:
  explicit Engine(const realtime::HubSettings& settings)
      : hub_{settings, bus_, context_, identities_, line, [] {}} {}

  std::string answer(const std::string& request) {
    out_.clear();
    std::string_view rest{request};
    const auto ms = number(take_word(rest));
    const TimePoint now = kStart + std::chrono::milliseconds{ms};
    const auto wall_ms = kWallMs + ms;
    const auto verb = take_word(rest);
    if (verb != "tick") {
      const int client = static_cast<int>(number(take_word(rest)));
      if (verb == "open") {
        clients_[client] = std::make_unique<Client>(client, hub_, out_);
      } else if (verb == "close") {
        clients_.erase(client);
      } else if (verb == "text") {
        if (const auto found = clients_.find(client); found != clients_.end())
          found->second->session->receive(rest, now, wall_ms);
      } else {
        throw std::invalid_argument{"not understood: " + request};
      }
    }
    settle(now, wall_ms);
    const auto due = std::chrono::ceil<std::chrono::milliseconds>(hub_.deadline() - kStart).count();
    return out_ + fmt::format("= {}\n", due);
  }

 private:
  static Bytes line(std::string_view text) {
    Bytes bytes;
    ByteWriter{bytes}.text(std::string{text} + '\n');
    return bytes;
  }
  static std::string_view take_word(std::string_view& rest) {
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    return word;
  }
  static std::int64_t number(std::string_view word) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size())
      throw std::invalid_argument{"no number: " + std::string{word}};
    return value;
  }
  /// The bus and the hub do all that is due.
  void settle(TimePoint now, std::int64_t wall_ms) {
    do {
      hub_.tick(now, wall_ms);
      context_.restart();
      context_.poll();
    } while (hub_.deadline() <= now);
  }

  boost::asio::io_context context_;
  realtime::MemoryBus bus_{"sim"};
  OpenIdentities identities_;
  realtime::Hub hub_;
  std::string out_;
  std::map<int, std::unique_ptr<Client>> clients_;  ///< last: sessions end before the hub
};

realtime::Checkpoint checkpoint_of(const std::string& text) {
  std::array<std::string, 5> parts;
  std::size_t at = 0;
  for (auto& part : parts) {
    const auto comma = std::min(text.find(',', at), text.size());
    part = text.substr(at, comma - at);
    at = std::min(comma + 1, text.size());
  }
  return {parts[0], parts[1], {std::stod(parts[2]), std::stod(parts[3])}, std::stod(parts[4])};
}

void set_rate(realtime::TrackRates& rates, const std::string& name, double value) {
  const std::map<std::string_view, double*> numbers{{"error_m", &rates.error_m},
                                                    {"turn_deg", &rates.turn_deg},
                                                    {"near_m", &rates.near_m},
                                                    {"near_error_m", &rates.near_error_m},
                                                    {"unwatched_factor", &rates.unwatched_factor}};
  const std::map<std::string_view, Duration*> times{{"fastest_ms", &rates.fastest},
                                                    {"slowest_ms", &rates.slowest},
                                                    {"near_ms", &rates.near_time},
                                                    {"near_interval_ms", &rates.near_interval},
                                                    {"still_ms", &rates.still},
                                                    {"parked_ms", &rates.parked},
                                                    {"slow_down_after_ms", &rates.slow_down_after}};
  if (const auto number = numbers.find(name); number != numbers.end()) {
    *number->second = value;
  } else if (const auto time = times.find(name); time != times.end()) {
    *time->second = std::chrono::milliseconds{static_cast<std::int64_t>(value)};
  } else {
    throw std::invalid_argument{"unknown option --" + name};
  }
}

realtime::HubSettings read_settings(int count, char** words) {
  realtime::HubSettings settings;
  settings.publish_open = true;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos)
      throw std::invalid_argument{"not understood: " + word};
    const auto name = word.substr(2, equals - 2);
    const auto value = word.substr(equals + 1);
    if (name == "checkpoint") {
      settings.checkpoints.push_back(checkpoint_of(value));
    } else {
      set_rate(settings.track_rates, name, std::stod(value));
    }
  }
  return settings;
}

}  // namespace

int main(int count, char** words) {
  try {
    Engine engine{read_settings(count, words)};
    for (std::string request; std::getline(std::cin, request);) {
      const auto answer = engine.answer(request);
      std::fwrite(answer.data(), 1, answer.size(), stdout);
      std::fflush(stdout);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "levee-hub: {}\n{}", error.what(), kUsage);
    return 2;
  }
}
