#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "levee/realtime/hub.hpp"

#include "events.hpp"
#include "lossy_bus.hpp"

namespace levee::simulation {

class World;
class Pipe;

/// Names sessions s1, s2 ...; a token is its session's name.
class PlainIdentities final : public realtime::Identities {
 public:
  std::string new_session() override { return "s" + std::to_string(++made_); }
  std::string resume_token(const realtime::Resumption& session, std::int64_t) override {
    return session.session;
  }
  std::optional<realtime::Resumption> verify(std::string_view token, std::int64_t) override {
    if (token.empty()) return {};
    return realtime::Resumption{std::string{token}, {}};
  }
  Result<realtime::Identity> identify(std::string_view, std::int64_t) override {
    return realtime::Errc::bad_token;
  }

 private:
  int made_ = 0;
};

/// A node: the real hub on a bus that loses things. Crashes, and is back at once with nothing in memory.
class Node {
 public:
  explicit Node(World& world);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  realtime::Hub& hub() { return *hub_; }
  LossyBus& bus() { return bus_; }
  /// Lets the hub do what is due.
  void run();
  /// All connections are gone, without a word.
  void crash();
  void connected(std::weak_ptr<Pipe> pipe) { pipes_.push_back(std::move(pipe)); }

 private:
  void begin();
  void end_all();
  void schedule();

  World& world_;
  boost::asio::io_context unused_;
  LossyBus bus_;
  std::unique_ptr<realtime::Hub> hub_;
  std::vector<std::weak_ptr<Pipe>> pipes_;
  std::uint64_t life_ = 0;
  TimePoint scheduled_ = TimePoint::max();
};

/// One TCP connection with its session at the node's end: in order and with a bound, delayed, stalled, cut so
/// that both ends see it, or cut so that neither does.
class Pipe final : public realtime::Connection, public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(World& world, Node& node, std::function<void(const std::string&)> to_client);
  void open();

  // The node's end.
  bool ready() const override { return open_ && in_flight_ < kBound; }
  void push(const SharedBytes& frames) override;
  void flush() override {}
  void close(int code) override;

  // The client's end.
  void send(const std::string& text);
  /// Nothing passes any more. `noticed`: the node knows; otherwise it does after a minute.
  void cut(bool noticed);
  void stall(Duration time);
  /// The node is gone.
  void end();

 private:
  static constexpr std::size_t kBound = 4 * 1024;
  void deliver(const std::string& text);

  World& world_;
  Node& node_;
  std::function<void(const std::string&)> to_client_;
  std::unique_ptr<realtime::Session> session_;
  bool open_ = true;
  std::size_t in_flight_ = 0;
  TimePoint client_gets_at_;
  TimePoint node_gets_at_;
};

/// A client as docs/protocol.md has it: resumes by positions, sends again until there is an answer.
class Client {
 public:
  Client(World& world, int index);

  void connect();
  void say();
  void lose_connection(bool noticed);
  void stall(Duration time);
  /// Connects again when nothing came for long.
  void check();

  const std::string& channel() const { return channel_; }
  const std::map<std::pair<std::string, std::uint64_t>, std::string>& received() const { return received_; }
  const realtime::Position& position() const { return position_; }
  bool all_sent() const { return unsent_.empty(); }
  const std::map<std::string, realtime::Position>& sent() const { return sent_; }

 private:
  struct Unsent {
    std::string id;
    TimePoint again_at;
  };

  void take(const std::string& line);
  void take_start(const nlohmann::json& sync);
  void take_push(const nlohmann::json& push);
  void take_answer(const nlohmann::json& answer);
  void send_unsent();
  void greet();

  World& world_;
  int index_;
  std::string channel_;
  std::shared_ptr<Pipe> pipe_;
  std::uint64_t generation_ = 0;
  bool greeted_ = false;
  TimePoint heard_;
  std::string resume_;
  std::string user_;
  realtime::Position position_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> received_;
  std::vector<Unsent> unsent_;
  std::map<std::string, realtime::Position> sent_;
  std::map<std::uint64_t, std::string> asked_;
  std::uint64_t number_ = 0;
  int said_ = 0;
};

/// Everything, from one seed: nodes, clients, what befalls them, and what must hold nevertheless.
class World {
 public:
  World(std::uint64_t seed, Mutant mutant);
  ~World();

  /// Lives through a minute and a half of faults and a calm, all within the age that a log keeps. What rules
  /// were broken; none is right.
  std::vector<std::string> run();

  Events events;
  Chance chance;
  Mutant mutant;
  LogServer server;
  PlainIdentities identities;

  Node& any_node() { return *nodes_[static_cast<std::size_t>(chance.between(0, 1))]; }
  bool faults() const { return faults_; }
  void broken(const std::string& rule) { broken_.push_back(rule); }

 private:
  void befall();
  void every(Duration time, std::function<void()> event);
  void check_end();

  bool faults_ = true;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::string> broken_;
};

}  // namespace levee::simulation
