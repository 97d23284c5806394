#include "world.hpp"

#include <utility>

namespace levee::simulation {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 6;
constexpr Duration kFaulty = 90s;
constexpr Duration kCalm = 150s;

Bytes line(std::string_view text) {
  Bytes bytes;
  ByteWriter{bytes}.text(std::string{text} + "\n");
  return bytes;
}

}  // namespace

Node::Node(World& world) : world_{world}, bus_{world.events, world.chance, world.server, world.mutant} {
  world.server.nodes.push_back(&bus_);
  begin();
}

void Node::begin() {
  ++life_;
  scheduled_ = TimePoint::max();
  realtime::HubSettings settings;
  settings.log_rate = 0;  // every message counts here
  hub_ = std::make_unique<realtime::Hub>(settings, bus_, unused_, world_.identities, line,
                                         [this] { schedule(); });
  schedule();
}

void Node::schedule() {
  const auto now = world_.events.now();
  const auto at = hub_ ? std::max(hub_->deadline(), now) : now;
  if (scheduled_ <= at) return;
  scheduled_ = at;
  world_.events.after(at - now, [this, life = life_] {
    if (life != life_) return;
    scheduled_ = TimePoint::max();
    run();
  });
}

void Node::run() {
  hub_->tick(world_.events.now(), world_.events.wall_ms());
  schedule();
}

Node::~Node() { end_all(); }

void Node::end_all() {
  for (const auto& each : std::exchange(pipes_, {})) {
    if (const auto pipe = each.lock()) pipe->end();
  }
}

void Node::crash() {
  end_all();
  hub_.reset();
  begin();
}

void World::every(Duration time, std::function<void()> event) {
  events.after(time, [this, time, event] {
    event();
    every(time, event);
  });
}

World::World(std::uint64_t seed, Mutant given) : chance{seed}, mutant{given}, server{events, given} {
  for (int i = 0; i < 2; ++i) nodes_.push_back(std::make_unique<Node>(*this));
  for (int i = 0; i < kClients; ++i) clients_.push_back(std::make_unique<Client>(*this, i));
}

World::~World() = default;

std::vector<std::string> World::run() {
  for (auto& client : clients_) client->connect();
  for (auto& node : nodes_) every(3s, [&node] { node->bus().look_at_the_top(); });
  every(250ms, [this] {
    for (auto& client : clients_) client->check();
    if (faults_) befall();
  });
  every(400ms, [this] {
    if (faults_) clients_[static_cast<std::size_t>(chance.between(0, kClients - 1))]->say();
  });
  const auto end_of_faults = events.now() + kFaulty;
  while (events.step(end_of_faults)) {
  }
  faults_ = false;
  for (auto& node : nodes_) {
    node->bus().calm();
    node->bus().set_up(true);
  }
  const auto end = events.now() + kCalm;
  while (events.step(end)) {
  }
  check_end();
  return broken_;
}

void World::befall() {
  auto& client = *clients_[static_cast<std::size_t>(chance.between(0, kClients - 1))];
  auto& node = any_node();
  switch (chance.between(1, 60)) {
    case 1:
    case 2:
    case 3:
      return client.lose_connection(true);
    case 4:
      return client.lose_connection(false);
    case 5:
    case 6:
      return client.stall(chance.ms(500, 12'000));
    case 7:
      for (auto& each : clients_) {
        if (chance.one_in(2)) each->lose_connection(true);
      }
      return node.crash();
    case 8:
    case 9:
      node.bus().set_up(false);
      return events.after(chance.ms(50, 4000), [&node] { node.bus().set_up(true); });
    case 10:
      return chance.one_in(8) ? server.lose_everything() : void();
    case 11:
      // More than the log holds, at once.
      for (auto i = chance.one_in(4) ? 700 : 40; i > 0; --i)
        server.publish(client.channel(), {{}, R"({"u":"bot","text":")" + std::to_string(i) + R"("})", 0});
      return;
    default:
      return;
  }
}

void World::check_end() {
  for (const auto& client : clients_) {
    if (client->position() != server.top(client->channel())) broken("not up to date after a calm");
    if (!client->all_sent()) broken("never answered");
    for (const auto& [at, body] : client->received()) {
      const auto truth = nlohmann::json::parse(server.truth({at.first, at.second}), nullptr, false);
      if (truth.is_discarded() || truth.dump() != body) broken("was given what was never said there");
    }
    for (const auto& [id, position] : client->sent()) {
      if (server.times(id) > 1) broken("one message became two");
      if (server.truth(position).find('"' + id.substr(id.find('/') + 1) + '"') == std::string::npos)
        broken("an answer named another message's place");
    }
  }
}

}  // namespace levee::simulation
