#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "levee/realtime/bus.hpp"
#include "levee/realtime/bus_inbox.hpp"
#include "levee/realtime/log_ring.hpp"
#include "levee/realtime/record_store.hpp"
#include "levee/realtime/room_rules.hpp"
#include "levee/realtime/track_book.hpp"

namespace levee::realtime {

/// The bus of a process that is alone: everything is in its memory, and lost with it.
///
/// Limits: kMaxChannels; one that nobody has subscribed and that holds nothing is forgotten. At the limit
/// publications to further channels are refused with Errc::bus_down.
/// Thread: any; one lock, held for copies of pointers only.
class MemoryBus final : public Bus {
 public:
  static constexpr std::size_t kMaxChannels = 100'000;

  /// `epoch` is random, so that positions of an earlier process are not taken for ours.
  explicit MemoryBus(std::string epoch, TrailLimits trails = {})
      : epoch_{std::move(epoch)}, trails_{trails} {}

  std::unique_ptr<BusClient> attach(boost::asio::io_context& shard, BusListener& listener) override;
  void set_value(const std::string& channel, std::string body, std::int64_t time_ms) override;
  void set_count(const std::string& channel, std::uint64_t count, std::int64_t time_ms) override;
  void read_trails(const std::string& channel, const std::string& device, TrailsRead done) override;
  BusState state() const override { return BusState::up; }

  /// What a restart must not lose, as text: of every `log`, `state` and `track` its position, what it holds
  /// and its rules, and what the counts are. Members and values are not in it: those who own them say them
  /// again. Nor are trails.
  std::string save(TimePoint now, std::int64_t now_ms);
  /// Takes back what `save` wrote, with the same epochs, so that positions go on to hold. Call before anyone
  /// subscribes. Nothing is taken, and false returned, when the text is none of ours or more than `kKept`
  /// old: what was said since would be missing.
  bool restore(std::string_view saved, TimePoint now, std::int64_t now_ms);
  static constexpr std::chrono::seconds kKept{60};

 private:
  class Client;
  /// What a count was before the restart.
  struct HeldCount {
    std::uint64_t count = 0;
    TimePoint since;
  };
  struct MemberEntry {
    std::string info;
    const Client* owner = nullptr;
  };
  struct ChannelState {
    Position top;
    LogRing log;
    RoomRules rules;
    MessagePtr value;
    std::uint64_t count = 0;
    std::optional<HeldCount> held;
    std::map<std::string, MemberEntry> members;
    RecordStore records;
    std::vector<std::shared_ptr<BusInbox>> subscribers;
  };
  using Channels = std::unordered_map<std::string, ChannelState>;

  // All of these: with the lock held.
  ChannelState* open(const std::string& channel);
  static std::uint64_t held_count(ChannelState& state, TimePoint now);
  void put_value(const std::string& channel, ChannelState& state, std::string body, std::int64_t time_ms);
  void change_members(const std::string& channel, const Client& owner, MemberChanges changes);
  SnapshotPtr snapshot(ChannelState& state);
  void forget_if_idle(Channels::iterator place);
  void forget_idle();
  static void tell(const std::string& channel, ChannelState& state, MessagePtr message);

  std::string epoch_;
  std::mutex mutex_;
  Channels channels_;
  std::uint64_t opened_ = 0;
  TrackBook trails_;  ///< by channel
};

}  // namespace levee::realtime
