#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "surge/network.hpp"
#include "surge/run_report.hpp"
#include "surge/scenario.hpp"
#include "surge/target.hpp"

namespace levee::surge {

/// Where the clients of a chat go, and how many of them this process plays.
struct ChatPlan {
  Target target;  ///< of the WebSocket
  std::string channel;
  std::uint32_t count = 0;
  double messages_per_second = 0;  ///< of these clients together
};

/// Clients of the realtime endpoint that read one chat. One after the other says something, so many times a
/// second in all; each counts what it gets, what it misses and what comes twice by the channel's offsets.
///
/// Lifetime: longer than the io_context runs handlers; what is given outlives it. Thread: the network's.
/// Source: docs/protocol.md.
class ChatAudience final : private WheelTimer {
 public:
  ChatAudience(Network& network, ChatReport& report, ChatPlan plan);
  ~ChatAudience() override;

  /// They connect evenly over `within` from `begin` on, and talk until the end.
  void start(TimePoint begin, Duration within);

 private:
  class Client;
  void fire(TimePoint due, TimePoint now) override;

  Network& network_;
  ChatReport& report_;
  ChatPlan plan_;
  Duration every_{};  ///< from one message to the next; zero: none are sent
  std::vector<std::unique_ptr<Client>> clients_;
  TimePoint next_message_{};
  std::size_t speaker_ = 0;
};

/// The chat that a scenario asks for; a count of zero when it asks for none.
/// `stream`: the path of the first target's playlist, whose chat it is when the scenario names none.
/// Errors: those of the URL.
Result<ChatPlan> plan_chat(const Scenario& scenario, const std::string& stream);

}  // namespace levee::surge
