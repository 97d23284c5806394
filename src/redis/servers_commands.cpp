// The way of a command: to the server that has its slot, and on from there when that has it no more.
#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "levee/redis/error.hpp"
#include "levee/runtime/use_result.hpp"

#include "redis/servers.hpp"

namespace levee::redis {

namespace asio = boost::asio;

void Servers::send(std::string_view key, Words words, Link::Done done) {
  begin(std::make_shared<Command>(
      Command{slot_of(key), std::move(words), nullptr, std::move(done), Clock::now()}));
}

void Servers::run(const Script& script, const Words& keys, Words arguments, Link::Done done) {
  Words words{"EVALSHA", script.name, std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  std::ranges::move(arguments, std::back_inserter(words));
  begin(std::make_shared<Command>(
      Command{slot_of(keys.front()), std::move(words), &script, std::move(done), Clock::now()}));
}

void Servers::begin(const CommandPtr& command) {
  auto& traffic = traffic_[command->slot];
  if (traffic.lane.open()) return forward(traffic, command);
  if (!traffic.lane.full()) return traffic.lane.wait(command);
  asio::post(context_, [command] { command->done(Errc::too_many_waiting); });
}

void Servers::forward(Traffic& traffic, const CommandPtr& command) {
  traffic.lane.sent();
  const auto to = command->ask ? node(*command->ask) : owner(command->slot);
  if (!to) return asio::post(context_, [this, command] { take(nullptr, command, Errc::no_server); });
  ++to->flying;
  if (to->link->up() || to->tried || to->waiting.size() >= kMaxWaiting) return hand(to, command);
  to->waiting.push_back(command);
}

void Servers::hand(const NodePtr& node, const CommandPtr& command) {
  // What is sent together arrives together: nothing comes between the two.
  if (command->ask) node->link->send(Words{"ASKING"}, [](const Result<Reply>&) {});
  node->link->send(command->words, [this, node, command](Result<Reply> reply) {
    --node->flying;
    take(node, command, std::move(reply));
  });
}

void Servers::take(const NodePtr& from, const CommandPtr& command, Result<Reply> reply) {
  const auto slot = command->slot;
  const auto found = traffic_.find(slot);
  if (found == traffic_.end()) return command->done(std::move(reply));  // `stop` has settled it
  auto& traffic = found->second;
  if (const auto pause = once_more(*command, reply, from ? from->at : Endpoint{})) {
    traffic.pause = std::max(traffic.pause, *pause);
    traffic.lane.turned_back(command);
  } else {
    traffic.lane.done();
    command->done(std::move(reply));
  }
  if (traffic.lane.idle()) {
    traffic_.erase(slot);
  } else if (traffic.lane.ready()) {
    if (traffic.pause == Duration::zero()) return flush(slot);
    tasks_.spawn("redis pause", resume(slot, std::exchange(traffic.pause, Duration::zero())));
  }
}

std::optional<Duration> Servers::once_more(Command& command, Result<Reply>& reply, const Endpoint& from) {
  if (stopping_ || !reply || !reply->is_error()) return {};
  if (command.script != nullptr && command.words[0] == "EVALSHA" && reply->is_error("NOSCRIPT")) {
    command.words[0] = "EVAL";
    command.words[1] = command.script->text;
    return Duration::zero();
  }
  auto redirection = only_ ? std::nullopt : parse_redirection(reply->text);
  if (!redirection) return {};
  using What = Redirection::What;
  redirected_.add();
  const bool later = redirection->what == What::again;
  const bool late = Clock::now() - command.since > settings_.reply_timeout;
  map_wanted_ = map_wanted_ || !later;
  if (redirection->what == What::down || late || (!later && ++command.turns > kMostTurns)) {
    reply = Errc::no_server;
    return {};
  }
  command.ask.reset();
  if (later) return kPause;
  if (redirection->to.host.empty()) redirection->to.host = from.host;
  if (redirection->what == What::ask) {
    command.ask = redirection->to;
  } else if (map_.assign(command.slot, redirection->to)) {
    reply = Errc::no_server;
    return {};
  } else {
    node(redirection->to);
  }
  // Two that send us to each other have not heard of the same yet.
  return command.turns > 2 ? kPause : Duration::zero();
}

asio::awaitable<void> Servers::resume(std::uint16_t slot, Duration pause) {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer{context_, pause};
  co_await timer.async_wait(runtime::use_result);
  if (!stopping_) flush(slot);
}

void Servers::flush(std::uint16_t slot) {
  auto& traffic = traffic_[slot];
  for (const auto& command : traffic.lane.take()) forward(traffic, command);
}

}  // namespace levee::redis
