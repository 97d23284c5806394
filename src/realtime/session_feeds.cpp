// What publishers of feeds and those who act on them say.
#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"
#include "levee/realtime/hub.hpp"
#include "levee/realtime/session.hpp"
#include "levee/realtime/text_rules.hpp"

namespace levee::realtime {
namespace {

constexpr std::size_t kMaxHeld = 8;  // feeds and tracks of one connection
constexpr Retry kRetry{800, 3000};

// Where accepted acts are kept, for as long as a chat keeps its messages: one with an id is made once.
std::string act_log(std::string_view channel) {
  return "acts:" + std::string{channel.substr(channel.find(':') + 1)};
}

}  // namespace

bool Session::may_publish(std::string_view channel) const {
  return hub_.settings_.publish_open || identity_.may_publish(channel);
}

Session::Held* Session::held(std::string_view channel) {
  const auto found =
      std::ranges::find_if(held_, [&](const Held& each) { return each.topic->topic->channel() == channel; });
  return found == held_.end() ? nullptr : &*found;
}

Session::Held* Session::hold(const std::string& channel, const Channel& parsed, TimePoint now) {
  if (auto* known = held(channel)) return known;
  if (held_.size() >= kMaxHeld) return nullptr;
  auto* topic = hub_.open_topic(parsed, channel, now);
  if (topic == nullptr) return nullptr;
  hub_.hold(*topic);
  return &held_.emplace_back(Held{topic, {}, {}, 0});
}

void Session::leave_feeds() {
  for (auto& each : held_) {
    if (each.source)
      hub_.bus_->put(each.topic->topic->channel(), {each.source->gone(hub_.wall_.at(hub_.now_))},
                     [](const Result<Put>&) {});
    hub_.release(*each.topic);
  }
  held_.clear();
}

void Session::handle(Number number, OpenSource& wanted, const Now& now) {
  if (!number) return refuse(number, Errc::bad_message, {}, wanted.channel);
  const auto parsed = parse_channel(wanted.channel);
  if (!parsed) return refuse(number, parsed.error());
  if (parsed->kind != Kind::state) return refuse(number, Errc::not_publishable);
  if (!may_publish(wanted.channel)) return refuse(number, Errc::not_publisher);
  auto* source = hold(wanted.channel, *parsed, now.time);
  if (source == nullptr) return refuse(number, Errc::too_many_channels);
  source->source.reset();
  hub_.when_ready(*source->topic, [&hub = hub_, key = key_, number = *number, wanted](bool ready) {
    auto* session = hub.session(key);
    if (session == nullptr) return;
    if (ready) return session->begin_source(number, wanted.channel, wanted.epoch);
    session->refuse(number, Errc::bus_down, kRetry);
    session->connection_.flush();
  });
}

void Session::begin_source(std::uint64_t number, const std::string& channel, std::uint64_t epoch) {
  auto* source = held(channel);
  if (source == nullptr) return;
  const auto* view = source->topic->topic->feed();
  if (view == nullptr) return refuse(number, Errc::bus_down, kRetry);
  auto begun = FeedSession::begin(epoch, *view, hub_.wall_.at(hub_.now_));
  if (!begun) return refuse(number, begun.error());
  auto first = begun->open(hub_.wall_.at(hub_.now_));
  auto done = [&hub = hub_, key = key_, number, channel, begun = std::move(*begun)](const Result<Put>& put) {
    auto* session = hub.session(key);
    if (session == nullptr) return;
    auto* place = session->held(channel);
    if (!put) {
      session->refuse(number, put.error(), kRetry);
    } else if (put->taken == 0) {
      session->refuse(number, Errc::newer_source);
    } else if (place != nullptr && place->topic->topic->feed() != nullptr) {
      hub.counters_.feed_sources.add();
      place->source = begun;
      place->epoch = put->position.epoch;
      place->gaps_counted = 0;
      session->push(encode_source_opened(number, channel, *place->topic->topic->feed()));
    }
    session->connection_.flush();
  };
  hub_.bus_->put(channel, {std::move(first)}, std::move(done));
}

void Session::handle(Number number, PublishItems& wanted, const Now& now) {
  auto* place = held(wanted.channel);
  if (place == nullptr || !place->source) return refuse(number, Errc::not_publisher, {}, wanted.channel);
  const auto* view = place->topic->topic->feed();
  if (view == nullptr) return refuse(number, Errc::bus_down, kRetry, wanted.channel);
  if (place->source->replaced(*view)) return refuse(number, Errc::newer_source, {}, wanted.channel);
  std::vector<Record> records;
  for (auto& item : wanted.items) {
    if (item.time_ms) item.time_ms = server_time(*item.time_ms, wanted.sent_ms, now.wall_ms);
    place->source->say(item, *view, now.wall_ms, records);
  }
  hub_.counters_.feed_gaps.add(place->source->gaps() - place->gaps_counted);
  place->gaps_counted = place->source->gaps();
  put(number, wanted.channel, std::move(records));
}

void Session::handle(Number number, SourceState& state, const Now& now) {
  auto* place = held(state.channel);
  if (place == nullptr || !place->source) return refuse(number, Errc::not_publisher, {}, state.channel);
  const auto* view = place->topic->topic->feed();
  if (view == nullptr) return refuse(number, Errc::bus_down, kRetry, state.channel);
  if (place->source->replaced(*view)) return refuse(number, Errc::newer_source, {}, state.channel);
  auto record = state.synced ? place->source->synced(now.wall_ms) : place->source->alive(now.wall_ms);
  if (record) return put(number, state.channel, {std::move(*record)});
  refuse(number, Errc::not_publisher, {}, state.channel);
}

void Session::put(Number number, const std::string& channel, std::vector<Record> records) {
  auto done = [&hub = hub_, key = key_, number, channel](const Result<Put>& put) {
    if (put) {
      hub.counters_.feed_taken.add(put->taken);
      hub.counters_.feed_old.add(put->old);
      hub.counters_.feed_full.add(put->full);
    }
    auto* session = hub.session(key);
    if (session == nullptr) return;
    if (!put) {
      session->refuse(number, put.error(), kRetry, channel);
    } else if (session->lost_session(channel, put->position)) {
      session->refuse(number, Errc::feed_lost, {}, channel);
    } else if (put->full > 0) {
      session->refuse(number, Errc::too_many_channels, {}, channel);
    } else if (number) {
      session->push(encode_answer(*number, encode_taken(channel, put->taken, put->old)));
    }
    session->connection_.flush();
  };
  hub_.bus_->put(channel, std::move(records), std::move(done));
}

bool Session::lost_session(const std::string& channel, const Position& at) {
  auto* place = held(channel);
  if (place == nullptr || !place->source || place->epoch == at.epoch) return false;
  place->source.reset();
  return true;
}

void Session::handle(Number number, Act& act, const Now& now) {
  if (!number) return refuse(number, Errc::bad_message, {}, act.channel);
  if (nickname_.empty() && !identity_.known()) return refuse(number, Errc::nickname_needed);
  if (!act.id.empty() && check_publication_id(act.id)) return refuse(number, Errc::bad_id);
  const auto* subscription = find(act.channel);
  const auto* view = subscription == nullptr ? nullptr : subscription->topic->topic->feed();
  if (subscription == nullptr || !act.channel.starts_with("feed:"))
    return refuse(number, Errc::not_subscribed, {}, act.channel);
  if (view == nullptr) return refuse(number, Errc::bus_down, kRetry, act.channel);
  accept(*number, act, view->judge(act.key, act.seen, hub_.settings_.acts, now.time), now.wall_ms);
}

void Session::accept(std::uint64_t number, const Act& act, const Judgement& judgement, std::int64_t wall_ms) {
  const bool accepted = judgement.verdict == ActVerdict::accepted;
  Publication publication;
  if (!act.id.empty()) publication.id = user() + "/" + act.id;
  if (accepted) publication.body = encode_act(act, judgement, user());
  publication.time_ms = wall_ms;
  // One that was accepted before stays accepted, whatever the quote is by now: its answer may have been lost.
  publication.only_known = !accepted;
  auto done = [&hub = hub_, key = key_, number, act, judgement, wall_ms, accepted,
               who = user()](const Result<Published>& result) {
    const bool known = result && result->duplicate;
    if (result && accepted && !known) {
      hub.counters_.acts_accepted.add();
      spdlog::info("act accepted channel={} user={} id={} key={} q={}/{} age_ms={} seen={} act={}",
                   act.channel, log::value(who), log::value(act.id), act.key, act.seen.epoch,
                   act.seen.sequence,
                   std::chrono::duration_cast<std::chrono::milliseconds>(judgement.age).count(),
                   log::value(*judgement.seen), log::value(act.body));
    }
    if (auto* session = hub.session(key)) session->acted(number, act, judgement, result, wall_ms);
  };
  if (!accepted && act.id.empty()) return done(Published{});
  hub_.bus_->publish(act_log(act.channel), std::move(publication), std::move(done));
}

void Session::acted(std::uint64_t number, const Act& act, const Judgement& judgement,
                    const Result<Published>& result, std::int64_t wall_ms) {
  if (!result) {
    refuse(number, result.error(), kRetry);
  } else if (result->duplicate) {
    push(encode_acted_before(number, act));
  } else if (judgement.verdict == ActVerdict::accepted) {
    push(encode_acted(number, act, judgement.age, wall_ms));
  } else {
    auto& counters = hub_.counters_;
    (judgement.verdict == ActVerdict::stale        ? counters.acts_stale
     : judgement.verdict == ActVerdict::superseded ? counters.acts_superseded
                                                   : counters.acts_unknown)
        .add();
    push(encode_stale_quote(number, judgement));
  }
  connection_.flush();
}

}  // namespace levee::realtime
