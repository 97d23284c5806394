// Which servers there are, and who has what.
#include "redis/servers.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"
#include "levee/redis/error.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::redis {

namespace asio = boost::asio;

namespace {

constexpr Duration kMapTick = std::chrono::milliseconds{250};
constexpr Duration kLostTick = std::chrono::seconds{1};

}  // namespace

Servers::Servers(asio::io_context& context, const Settings& settings, Handlers handlers)
    : context_{context},
      settings_{settings},
      handlers_{std::move(handlers)},
      first_choice_{std::random_device{}() % 1024},
      tasks_{context} {
  if (is_cluster()) {
    Link::Handlers guide{[this] { ask_map(); }, [this] { map_asked_ = false; }, {}};
    guide_ = std::make_unique<Link>(context_, settings_, false, std::move(guide),
                                    [this](int attempt) { return guide_at(attempt); });
  } else {
    only_ = std::make_shared<Node>();
    only_->tried = true;
    link(only_, {});
  }
}

void Servers::link(const NodePtr& node, Link::Choose choose) {
  const std::weak_ptr<Node> weak = node;  // the node owns the link
  Link::Handlers handlers{
      [this, weak] { node_up(weak.lock()); }, [this, weak] { node_down(weak.lock()); }, {}};
  node->link = std::make_unique<Link>(context_, settings_, false, std::move(handlers), std::move(choose));
}

void Servers::start() {
  if (only_) return tasks_.spawn("redis commands", serve(only_));
  tasks_.spawn("redis guide", guide_->run());
  tasks_.spawn("redis slots", keep_map());
}

// A node stays for as long as its link runs, whoever has forgotten it.
asio::awaitable<void> Servers::serve(NodePtr node) { co_await node->link->run(); }

asio::awaitable<void> Servers::stop() {
  stopping_ = true;
  if (only_) only_->link->close();
  if (guide_) guide_->close();
  for (const auto& [server, node] : nodes_) node->link->close();
  co_await tasks_.stop(Duration::zero());
  for (auto& [slot, traffic] : traffic_) {
    for (const auto& command : traffic.lane.take()) command->done(ErrorCode{asio::error::operation_aborted});
  }
  traffic_.clear();
}

bool Servers::up() const {
  if (only_) return only_->link->up();
  return settled_ && std::ranges::any_of(nodes_, [](const auto& node) { return node.second->link->up(); });
}

bool Servers::up(std::string_view key) const {
  const auto node = owner(slot_of(key));
  return node && node->link->up();
}

Servers::NodePtr Servers::owner(std::uint16_t slot) const {
  if (only_) return only_;
  const auto* master = map_.master(slot);
  const auto found = master == nullptr ? nodes_.end() : nodes_.find(*master);
  return found == nodes_.end() ? nullptr : found->second;
}

// Another one after each failure. Those that the settings name may all have left the cluster since.
std::optional<Endpoint> Servers::guide_at(int attempt) const {
  auto all = settings_.address.cluster;
  for (const auto& [server, node] : nodes_) {
    if (std::ranges::find(all, server) == all.end()) all.push_back(server);
  }
  return all[(first_choice_ + static_cast<unsigned>(attempt)) % all.size()];
}

std::optional<Endpoint> Servers::subscribe_at(int attempt) const {
  std::vector<Endpoint> all;
  for (const auto& [server, node] : nodes_) {
    if (node->link->up() && serves(server)) all.push_back(server);
  }
  if (all.empty()) return {};
  return all[(first_choice_ + static_cast<unsigned>(attempt)) % all.size()];
}

bool Servers::serves(const Endpoint& server) const { return only_ || map_.has(server); }

Servers::NodePtr Servers::node(const Endpoint& server) {
  auto& known = nodes_[server];
  if (known) return known;
  known = std::make_shared<Node>();
  known->at = server;
  link(known, [server](int) { return std::optional{server}; });
  tasks_.spawn("redis commands", serve(known));
  return known;
}

void Servers::note_tried(Node& node) {
  node.tried = true;
  settled_ = settled_ || std::ranges::all_of(nodes_, [](const auto& each) { return each.second->tried; });
}

void Servers::node_up(const NodePtr& node) {
  connects_.add();
  if (node->retired) return;
  note_tried(*node);
  for (const auto& command : std::exchange(node->waiting, {})) hand(node, command);
  handlers_.up([this, &node](std::string_view key) { return owner(slot_of(key)) == node; });
}

void Servers::node_down(const NodePtr& node) {
  if (node->retired) return;
  note_tried(*node);
  map_wanted_ = true;
  for (const auto& command : std::exchange(node->waiting, {})) hand(node, command);
  handlers_.down();
}

void Servers::retire_others() {
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    const auto node = it->second;
    const bool needed = map_.has(it->first) || node->flying > 0;
    if (!needed) {
      node->retired = true;
      node->link->close();
    }
    it = needed ? std::next(it) : nodes_.erase(it);
  }
}

void Servers::ask_map() {
  map_asked_ = true;
  map_at_ = Clock::now();
  guide_->send(Words{"CLUSTER", "SLOTS"}, [this](const Result<Reply>& reply) { take_map(reply); });
}

void Servers::take_map(const Result<Reply>& reply) {
  map_asked_ = false;
  if (!reply || stopping_) return;
  auto map = reply->is_error() ? Result<SlotMap>{Errc::refused} : SlotMap::read(*reply, guide_->server());
  if (map && map->covered() == 0) map = Errc::no_server;
  if (!map) return refuse_map(reply->is_error() ? reply->text : map.error().message());
  guide_lost_ = false;
  map_wanted_ = false;
  const auto changed = map->changed(told_);
  map_ = told_ = std::move(*map);
  for (const auto& master : map_.masters()) node(master);
  retire_others();
  if (changed.none()) return;
  spdlog::info("redis cluster masters={} slots={} changed={}", map_.masters().size(), map_.covered(),
               changed.count());
  handlers_.up([&](std::string_view key) { return changed[slot_of(key)] && up(key); });
  handlers_.down();
}

Duration Servers::patience() const {
  const bool all_up = std::ranges::all_of(nodes_, [](const auto& node) { return node.second->link->up(); });
  return guide_lost_ || !all_up ? kLostTick : kMapAge;
}

// The guide is none of a cluster, or of one that has forgotten it: another one is asked, at the pace of
// `keep_map`.
void Servers::refuse_map(const std::string& why) {
  if (!std::exchange(guide_lost_, true))
    spdlog::warn("redis tells no slots host={} port={} error={}", log::value(guide_->server().host),
                 guide_->server().port, log::value(why));
}

asio::awaitable<void> Servers::keep_map() {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer{context_};
  for (;;) {
    timer.expires_after(kMapTick);
    const auto [error] = co_await timer.async_wait(runtime::use_result);
    if (error || stopping_) co_return;
    const auto age = Clock::now() - map_at_;
    if (!guide_->up() || map_asked_ || age < (map_wanted_ ? kMapTick : patience())) continue;
    if (guide_lost_) {
      ++first_choice_;
      guide_->drop();
    } else {
      ask_map();
    }
  }
}

}  // namespace levee::redis
