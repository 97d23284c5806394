#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "surge/http_connection.hpp"
#include "surge/network.hpp"
#include "surge/player.hpp"
#include "surge/target.hpp"

namespace levee::surge {

/// A player with its connections: what is asked for goes out on an idle one, or on a new one while there are
/// fewer than allowed; what finds none waits, and its time runs on.
///
/// Lifetime: everything given to the constructor outlives it. Thread: the network's.
class Viewer final : public PlayerOutlet, public ExchangeOwner {
 public:
  Viewer(Network& network, PlayerContext& context, Recorder& recorder, const Target& target);

  /// The viewer's own network from now on.
  void set_link(const LinkModel& link, TimePoint now);
  void arrive(TimePoint due);
  /// Goes, and takes its connections along.
  void leave(TimePoint now);
  /// Loses every connection, and comes back as the same viewer at `back_at`.
  void drop_connections(TimePoint now, TimePoint back_at);

  Player& player() { return player_; }
  Recorder& recorder() { return recorder_; }

  void fetch(PlayerRequest request) override;
  void wake_at(TimePoint at) override { network_.wheel().schedule(wake_, at); }
  void exchanged(HttpConnection& connection, const Response& response) override;

 private:
  struct Slot {
    Slot(Network& network, ExchangeOwner& owner) : connection{network, owner} {}
    HttpConnection connection;
    PlayerRequest request;  ///< the one under way
  };
  struct Wake final : WheelTimer {
    explicit Wake(Viewer& viewer) : owner{viewer} {}
    void fire(TimePoint due, TimePoint now) override { owner.wake(due, now); }
    Viewer& owner;
  };
  struct Return final : WheelTimer {
    explicit Return(Viewer& viewer) : owner{viewer} {}
    void fire(TimePoint due, TimePoint now) override { owner.come_back(due, now); }
    Viewer& owner;
  };

  Slot* free_slot();
  Slot* make_slot(std::size_t place);
  void send(Slot& slot, PlayerRequest request);
  void wake(TimePoint due, TimePoint now);
  void come_back(TimePoint due, TimePoint now);

  Network& network_;
  PlayerContext& context_;
  Recorder& recorder_;
  const Target& target_;
  Player player_;
  std::array<std::unique_ptr<Slot>, 6> slots_;
  std::vector<PlayerRequest> queue_;  ///< at most a playlist and a piece of media
  std::unique_ptr<LinkModel> link_;
  Wake wake_{*this};
  Return return_{*this};
  bool away_ = false;  ///< between the drop of its connections and its return
};

}  // namespace levee::surge
