#include <utility>

#include "world.hpp"

namespace levee::simulation {

using namespace std::chrono_literals;
using nlohmann::json;
using realtime::Position;

namespace {

constexpr Duration kSilence = 38s;  // 2.5 heartbeats

Position position_of(const json& at) { return {at["e"].get<std::string>(), at["o"].get<std::uint64_t>()}; }

}  // namespace

Client::Client(World& world, int index)
    : world_{world}, index_{index}, channel_{index < 4 ? "chat:a" : "chat:b"}, heard_{world.events.now()} {}

void Client::connect() {
  const auto generation = ++generation_;
  greeted_ = false;
  asked_.clear();
  heard_ = world_.events.now();
  pipe_ = std::make_shared<Pipe>(world_, world_.any_node(), [this, generation](const std::string& text) {
    if (generation == generation_) take(text);
  });
  pipe_->open();
  greet();
}

void Client::greet() {
  json hello{{"op", "hello"}, {"nick", "c" + std::to_string(index_)}};
  if (!resume_.empty()) hello["resume"] = resume_;
  json wanted{{"ch", channel_}};
  if (!position_.epoch.empty()) wanted["pos"] = {{"e", position_.epoch}, {"o", position_.offset}};
  hello["subs"] = json::array({wanted});
  pipe_->send(hello.dump());
}

void Client::lose_connection(bool noticed) {
  if (!pipe_) return;
  pipe_->cut(noticed);
  if (!noticed) return;  // nor do we: silence will tell
  pipe_.reset();
  ++generation_;
  greeted_ = false;
  world_.events.after(world_.chance.ms(0, 3000), [this, generation = generation_] {
    if (generation == generation_) connect();
  });
}

void Client::stall(Duration time) {
  if (pipe_) pipe_->stall(time);
}

void Client::check() {
  if (pipe_ && world_.events.now() - heard_ > kSilence) lose_connection(true);
  if (greeted_) send_unsent();
}

void Client::say() { unsent_.push_back({"m" + std::to_string(++said_), {}}); }

void Client::send_unsent() {
  for (auto& [id, again_at] : unsent_) {
    if (again_at > world_.events.now()) continue;
    again_at = world_.events.now() + 5s;
    asked_[++number_] = id;
    pipe_->send(
        json{{"i", number_}, {"op", "pub"}, {"ch", channel_}, {"id", id}, {"d", {{"text", id}}}}.dump());
  }
}

void Client::take(const std::string& line) {
  if (line.empty()) return lose_connection(true);
  heard_ = world_.events.now();
  const auto message = json::parse(line);
  if (message.contains("hello")) {
    resume_ = message["hello"]["resume"].get<std::string>();
    user_ = message["hello"]["u"].get<std::string>();
    greeted_ = true;
    for (auto& unsent : unsent_) unsent.again_at = {};
  } else if (message.contains("sync")) {
    take_start(message["sync"]);
  } else if (message.contains("gap")) {
    const auto to = position_of(message["gap"]);
    if (to.epoch != position_.epoch || to.offset <= position_.offset) world_.broken("a gap that is none");
    const auto top = world_.server.top(channel_);
    if (top.epoch == to.epoch && top.offset < position_.offset + realtime::kLogMessages)
      world_.broken("a gap though the log reaches back");
    position_ = to;
  } else if (message.contains("d")) {
    take_push(message);
  } else if (message.contains("i")) {
    take_answer(message);
  } else if (message.contains("err") && message["err"].contains("ch")) {
    // The bus is away: ask again.
    world_.events.after(1s, [this, generation = generation_] {
      if (generation == generation_ && pipe_) {
        json wanted{{"op", "sub"}, {"ch", channel_}};
        if (!position_.epoch.empty()) wanted["pos"] = {{"e", position_.epoch}, {"o", position_.offset}};
        pipe_->send(wanted.dump());
      }
    });
  }
}

void Client::take_start(const json& sync) {
  const auto at = position_of(sync);
  if (sync["recovered"] == true) {
    if (at.epoch != position_.epoch || at.offset < position_.offset)
      world_.broken("recovered from somewhere else");
    if (world_.mutant == Mutant::client_keeps_sync) position_ = at;
    return;
  }
  if (world_.mutant == Mutant::client_ignores_recovery && !position_.epoch.empty()) return;
  const auto top = world_.server.top(channel_);
  const bool reaches = position_.epoch == top.epoch &&
                       top.offset <= position_.offset + realtime::Topic::kResumeMessages &&
                       at.epoch == top.epoch;
  if (reaches && !position_.epoch.empty()) world_.broken("not recovered though the log reaches back");
  position_ = {at.epoch, sync["from"].get<std::uint64_t>()};
}

void Client::take_push(const json& push) {
  const auto offset = push["o"].get<std::uint64_t>();
  if (offset != position_.offset + 1) {
    world_.broken(offset <= position_.offset ? "given twice" : "lost without a word");
    if (offset <= position_.offset) return;
  }
  position_.offset = offset;
  const auto [place, fresh] = received_.try_emplace({position_.epoch, offset}, push["d"].dump());
  if (!fresh && place->second != push["d"].dump()) world_.broken("two things at one position");
}

void Client::take_answer(const json& answer) {
  const auto asked = asked_.find(answer["i"].get<std::uint64_t>());
  if (asked == asked_.end()) return;
  const auto id = asked->second;
  asked_.erase(asked);
  if (answer.contains("ok")) {
    sent_[user_ + "/" + id] = position_of(answer["ok"]);
    std::erase_if(unsent_, [&](const Unsent& unsent) { return unsent.id == id; });
  } else if (answer["err"].contains("retry")) {
    for (auto& unsent : unsent_) {
      if (unsent.id == id)
        unsent.again_at =
            world_.events.now() + std::chrono::milliseconds{answer["err"]["retry"][1].get<int>()};
    }
  } else {
    world_.broken("refused: " + answer.dump());
  }
}

}  // namespace levee::simulation
