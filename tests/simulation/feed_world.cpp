#include "feed_world.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "world.hpp"

namespace levee::simulation {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// docs/protocol.md: a live value is never superseded for longer than 2.5 heartbeats and the greatest lag; and
// what is checked is checked every 50 ms, against clocks that are known to some ms.
constexpr Duration kBound = 2500ms + 1500ms + 200ms;
constexpr Duration kTrouble = 60s;
constexpr Duration kCalm = 40s;

Bytes one_line(std::string_view text) {
  Bytes bytes;
  ByteWriter{bytes}.text(std::string{text} + "\n");
  return bytes;
}

}  // namespace

TimePoint Line::arrival(TimePoint& last) {
  auto at = std::max(world_.events_.now(), stalled_until_) + world_.chance_.ms(5, 60);
  last = std::max(last, at);
  return last;
}

void Line::send(const std::string& text) {
  if (dead_ || over_) return;
  const auto at = arrival(last_to_server_);
  world_.events_.after(at - world_.events_.now(), [weak = weak_from_this(), text, world = &world_] {
    const auto line = weak.lock();
    if (!line || line->over_ || line->dead_ || !line->session) return;
    if (line == world->source_ || text.find("\"pub\"") != std::string::npos) world->note_taken(text);
    line->session->receive(text, world->events_.now(), world->wall());
    world->serve();
  });
}

void Line::push(const SharedBytes& frames) {
  if (over_) return;
  held_ += frames->size();
  if (dead_) return;  // into the void, until the kernel's buffer is full
  const auto at = arrival(last_to_client_);
  world_.events_.after(at - world_.events_.now(), [weak = weak_from_this(), frames, world = &world_] {
    const auto line = weak.lock();
    if (!line || line->over_ || line->dead_) return;
    line->held_ -= frames->size();
    const auto text = as_text(*frames);
    for (std::size_t from = 0; from < text.size();) {
      const auto end = text.find('\n', from);
      const auto frame = text.substr(from, end - from);
      const bool lost =
          line->loses_ && frame.find("\"p\":") != frame.npos && frame.find("\"r\":") != frame.npos;
      if (lost)
        line->loses_ = false;
      else
        line->to_client_(std::string{frame});
      if (line->over_) return;
      from = end + 1;
    }
    if (line->session && line->ready()) line->session->writable();
    world->serve();
  });
}

void Line::stall(Duration time) { stalled_until_ = world_.events_.now() + time; }

void Line::close_by_client() {
  if (dead_) {
    // The server finds out when it has heard nothing for long.
    world_.events_.after(15s, [self = shared_from_this()] { self->session.reset(); });
    over_ = true;
    return;
  }
  over_ = true;
  world_.events_.after(world_.chance_.ms(5, 60), [self = shared_from_this()] { self->session.reset(); });
}

void Line::cut() {
  if (over_) return;
  over_ = true;
  world_.events_.after(world_.chance_.ms(5, 60), [self = shared_from_this()] { self->session.reset(); });
  world_.events_.after(world_.chance_.ms(5, 60), [self = shared_from_this()] { self->ended_(); });
}

FeedWorld::FeedWorld(std::uint64_t seed, FeedMutant mutant) : chance_{seed}, mutant_{mutant} {
  identities_ = std::make_unique<PlainIdentities>();
  prices_["EURUSD"] = {0, 3000, 50, 900, {}};
  prices_["XAUUSD"] = {0, 15'000, 100, 2500, {}};
  prices_["EXOTIC"] = {0, 6000, 2000, 9000, {}};
  begin_server();
  for (int i = 0; i < 3; ++i) {
    auto watcher = std::make_unique<Watcher>();
    watcher->clock_off_ms = chance_.between(-5000, 5000);
    watcher->drift = static_cast<double>(chance_.between(-200, 200)) * 1e-6;
    watchers_.push_back(std::move(watcher));
  }
}

FeedWorld::~FeedWorld() {
  for (const auto& weak : lines_) {
    if (const auto line = weak.lock()) line->session.reset();
  }
  source_.reset();
  watchers_.clear();
  hub_.reset();
}

std::int64_t FeedWorld::clock(const Watcher& watcher) const {
  const auto real = static_cast<double>(wall());
  return static_cast<std::int64_t>(real * (1 + watcher.drift)) + watcher.clock_off_ms;
}

void FeedWorld::begin_server() {
  bus_ = std::make_unique<realtime::MemoryBus>("life" + std::to_string(++lives_));
  realtime::HubSettings settings;
  settings.publish_open = true;
  hub_ = std::make_unique<realtime::Hub>(settings, *bus_, context_, *identities_, one_line, [] {});
  up_ = true;
}

void FeedWorld::crash() {
  if (!up_) return;
  up_ = false;
  for (const auto& weak : lines_) {
    const auto line = weak.lock();
    if (!line) continue;
    line->session.reset();
    if (chance_.one_in(3))
      line->die_silently();
    else
      line->cut();
  }
  hub_.reset();
  bus_.reset();
  context_.restart();
  context_.poll();
  events_.after(chance_.ms(0, 3000), [this] { begin_server(); });
}

void FeedWorld::serve() {
  if (!up_) return;
  for (int i = 0; i < 100; ++i) {
    context_.restart();
    context_.poll();
    if (hub_->deadline() > events_.now()) return;
    hub_->tick(events_.now(), wall());
  }
}

void FeedWorld::connect(Watcher& watcher) {
  if (!up_) return events_.after(200ms, [this, &watcher] { connect(watcher); });
  auto again = [this, &watcher] {
    if (watcher.client) watcher.client->closed();
    events_.after(chance_.ms(100, 800), [this, &watcher] { connect(watcher); });
  };
  auto line = std::make_shared<Line>(
      *this,
      [this, &watcher](const std::string& text) {
        if (watcher.client) watcher.client->received(text, clock(watcher));
      },
      again);
  line->session = hub_->open(*line);
  watcher.line = line;
  lines_.push_back(line);
  if (!watcher.client) {
    watcher.client = std::make_unique<FeedClient>(
        mutant_, [&watcher](const std::string& text) { watcher.line->send(text); });
  }
  watcher.client->opened(clock(watcher));
}

void FeedWorld::connect_source() {
  source_begun_ = false;
  if (!up_) return events_.after(200ms, [this] { connect_source(); });
  auto line = std::make_shared<Line>(
      *this, [this](const std::string& text) { source_received(text); },
      [this] { events_.after(chance_.ms(100, 800), [this] { connect_source(); }); });
  line->session = hub_->open(*line);
  source_ = line;
  lines_.push_back(line);
  source_heard_ = events_.now();
  line->send(R"({"op":"hello"})");
  line->send(json{{"i", 1}, {"op", "src"}, {"ch", "feed:fx"}, {"e", source_epoch_}}.dump());
}

void FeedWorld::source_received(const std::string& text) {
  source_heard_ = events_.now();
  const auto message = json::parse(text);
  if (!message.contains("ok") || !message["ok"].contains("keys")) return;
  source_begun_ = true;
  const std::string synced = R"({"op":"synced","ch":"feed:fx"})";
  if (mutant_ == FeedMutant::source_has_no_gate) source_sends(synced);
  // What was said lately is said again, the newest last, as one does who replays a buffer; it takes its time.
  Duration later{};
  const auto send_later = [&](const std::string& said) {
    events_.after(later, [this, said, line = std::weak_ptr{source_}] {
      if (line.lock() == source_) source_sends(said);
    });
  };
  for (auto& [name, price] : prices_) {
    for (const auto& said : price.lately) {
      send_later(said);
      later += 200ms;
    }
  }
  if (mutant_ != FeedMutant::source_has_no_gate) send_later(synced);
}

void FeedWorld::source_sends(const std::string& text) {
  if (source_ && source_begun_) source_->send(text);
}

void FeedWorld::price_moves(const std::string& name) {
  auto& price = prices_[name];
  const auto said = json{{"op", "pub"},
                         {"ch", "feed:fx"},
                         {"r", json::array({{{"k", name},
                                             {"s", ++price.sequence},
                                             {"t", wall()},
                                             {"ttl", price.ttl},
                                             {"d", {{"b", price.sequence}}}}})}}
                        .dump();
  price.lately.push_back(said);
  if (price.lately.size() > 3) price.lately.pop_front();
  const bool swapped = price.lately.size() > 1 && chance_.one_in(10);
  if (!swapped) source_sends(said);
  if (price.lately.size() > 1 && chance_.one_in(10)) source_sends(price.lately[price.lately.size() - 2]);
  if (swapped) source_sends(said);
  events_.after(chance_.ms(price.least_ms, price.most_ms), [this, name] { price_moves(name); });
}

void FeedWorld::beat() {
  source_sends(R"({"op":"alive","ch":"feed:fx"})");
  if (source_ && source_begun_) source_->send(json{{"p", wall()}}.dump());
  if (source_ && !source_->over() && events_.now() - source_heard_ > 3s) {
    source_->close_by_client();
    connect_source();
  }
  for (const auto& watcher : watchers_) {
    if (!watcher->client || watcher->line->over()) continue;
    if (watcher->client->tick(clock(*watcher))) continue;
    watcher->line->close_by_client();
    watcher->client->closed();
    events_.after(chance_.ms(100, 800), [this, at = watcher.get()] { connect(*at); });
  }
  serve();
  events_.after(250ms, [this] { beat(); });
}

void FeedWorld::trouble() {
  if (calm_) return;
  std::erase_if(lines_, [](const auto& weak) { return weak.expired(); });
  std::vector<std::shared_ptr<Line>> open;
  for (const auto& weak : lines_) {
    if (auto line = weak.lock(); line && !line->over()) open.push_back(std::move(line));
  }
  if (!open.empty()) {
    auto& line =
        *open[static_cast<std::size_t>(chance_.between(0, static_cast<std::int64_t>(open.size()) - 1))];
    switch (chance_.between(1, 9)) {
      case 1:
      case 2:
      case 3:
        line.stall(chance_.ms(300, 9000));
        break;
      case 4:
        line.die_silently();
        break;
      case 5:
        line.cut();
        break;
      case 6:
        if (chance_.one_in(2)) crash();
        break;
      case 7:
        // The source starts anew: its numbers begin again, its epoch is greater.
        if (!source_ || source_->over() || !chance_.one_in(2)) break;
        source_epoch_ = static_cast<std::uint64_t>(wall());
        for (auto& [name, price] : prices_) {
          price.sequence = 0;
          price.lately.clear();
        }
        source_->close_by_client();
        connect_source();
        break;
      case 8:
        reload(*watchers_[static_cast<std::size_t>(chance_.between(0, 2))]);
        break;
      default:
        line.lose_a_push();
        break;
    }
  }
  events_.after(chance_.ms(500, 4000), [this] { trouble(); });
}

void FeedWorld::reload(Watcher& watcher) {
  if (!watcher.client || watcher.line->over()) return;
  watcher.line->close_by_client();
  watcher.client.reset();
  watcher.shown.clear();
  events_.after(chance_.ms(100, 800), [this, &watcher] { connect(watcher); });
}

void FeedWorld::note_taken(const std::string& text) {
  const auto message = json::parse(text);
  if (!message.contains("r") || message["op"] != "pub") return;
  for (const auto& record : message["r"]) {
    auto& truth = truth_[record["k"].get<std::string>()];
    const realtime::Version version{source_epoch_, record["s"].get<std::uint64_t>()};
    if (version <= truth.newest) continue;
    truth.superseded[truth.newest] = events_.now();
    truth.newest = version;
  }
}

void FeedWorld::watch() {
  for (std::size_t i = 0; i < watchers_.size(); ++i) {
    auto& watcher = *watchers_[i];
    if (!watcher.client) continue;
    for (const auto& [name, key] : watcher.client->keys()) {
      if (key.version < watcher.shown[name]) broken("BACKWARDS " + name);
      watcher.shown[name] = key.version;
      if (!watcher.client->live(name, clock(watcher))) continue;
      const auto& superseded = truth_[name].superseded;
      const auto old = superseded.find(key.version);
      if (old != superseded.end() && events_.now() - old->second > kBound) broken("STALE-AS-LIVE " + name);
      const auto vouched_ago = wall() - key.vouched;
      if (vouched_ago > key.ttl + 200) broken("AGED-AS-LIVE " + name);
    }
  }
  events_.after(50ms, [this] { watch(); });
}

void FeedWorld::broken(const std::string& what) {
  if (broken_.size() < 20) broken_.push_back(std::to_string(wall() - 1'000'000) + " ms " + what);
}

std::vector<std::string> FeedWorld::run() {
  for (const auto& watcher : watchers_) connect(*watcher);
  connect_source();
  for (const auto& [name, price] : prices_) price_moves(name);
  beat();
  trouble();
  watch();
  const auto start = events_.now();
  while (events_.step(start + kTrouble)) serve();
  calm_ = true;
  while (events_.step(start + kTrouble + kCalm)) serve();
  for (const auto& watcher : watchers_) {
    for (const auto& [name, price] : prices_) {
      if (!watcher->client || !watcher->client->live(name, clock(*watcher)))
        broken("NOT-LIVE-AFTER-CALM " + name);
    }
  }
  return broken_;
}

}  // namespace levee::simulation
