#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "surge/chat_order.hpp"
#include "surge/realtime_client.hpp"
#include "surge/realtime_report.hpp"
#include "surge/realtime_timeline.hpp"
#include "surge/scenario.hpp"

namespace levee::surge {

/// Where the clients of a chat go, and how many of them this process plays.
struct ChatPlan {
  RealtimePlace place;
  std::string channel;
  std::uint32_t count = 0;
  double messages_per_second = 0;  ///< of these clients together
  std::int64_t voice = 0;          ///< of this process in this run alone: its messages say so
};

/// Clients of the realtime endpoint that read one chat. One after the other says something, so many times a
/// second in all. By the channel's offsets and the messages' own numbers each checks what it gets: what is
/// missing, comes twice, or stands where others were given something else; also over its reconnects, and of
/// what it said again because no answer had come.
///
/// Lifetime: longer than the io_context runs handlers; what is given outlives it. Thread: the network's.
/// Source: docs/protocol.md.
class ChatAudience final : private WheelTimer {
 public:
  ChatAudience(Network& network, ChatReport& report, ChatPlan plan);
  ~ChatAudience() override;

  /// They connect evenly over `within` from `begin` on, and talk until the end.
  void start(TimePoint begin, Duration within, RealtimeTimeline timeline);
  /// Every connection breaks off at once.
  void drop(TimePoint now);
  /// Call once a second.
  void look(TimePoint now);

 private:
  class Client;
  void fire(TimePoint due, TimePoint now) override;
  std::uint64_t wrong() const { return report_.missed + report_.duplicates + report_.out_of_order; }

  Network& network_;
  ChatReport& report_;
  ChatPlan plan_;
  ChatOrder order_;
  std::string epoch_;  ///< of the log that `order_` is of
  std::optional<RealtimeTimeline> timeline_;
  Duration every_{};  ///< from one message to the next; zero: none are sent
  std::vector<std::unique_ptr<Client>> clients_;
  TimePoint next_message_{};
  std::uint64_t last_number_ = 0;
  std::size_t speaker_ = 0;
};

/// The chat that a scenario asks for; a count of zero when it asks for none.
/// `stream`: the path of the first target's playlist, whose chat it is when the scenario names none.
/// Errors: those of the URL.
Result<ChatPlan> plan_chat(const Scenario& scenario, const std::string& stream);

}  // namespace levee::surge
