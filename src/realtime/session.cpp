#include "levee/realtime/session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "levee/realtime/hub.hpp"
#include "levee/realtime/room_rules.hpp"
#include "levee/realtime/text_rules.hpp"

namespace levee::realtime {
namespace {

constexpr int kCloseFlood = 4029;
constexpr int kCloseVersion = 4501;

// How often a client may be told that it is too fast before it is closed.
constexpr Rate kRefusals{std::chrono::milliseconds{100}, 100};

Retry after(Duration wait) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return {ms, ms};
}

}  // namespace

Session::Session(Hub& hub, Connection& connection, std::uint64_t key, std::size_t phase)
    : hub_{hub}, connection_{connection}, key_{key}, phase_{phase} {}

Session::~Session() {
  while (!subscriptions_.empty()) hub_.leave(*this, subscriptions_.size() - 1);
  leave_feeds();
  auto& others = hub_.phases_[phase_];
  others.back()->place_ = place_;
  others[place_] = others.back();
  others.pop_back();
  hub_.sessions_.erase(key_);
  if (greeted()) hub_.counters_.sessions.add(-1);
}

void Session::receive(std::string_view text, TimePoint now, std::int64_t wall_ms) {
  hub_.now_ = std::max(hub_.now_, now);
  hub_.wall_.set(now, wall_ms);
  hub_.counters_.received.add();
  auto decoded = decode_request(text);
  auto* request = std::get_if<Request>(&decoded);
  const auto number = request != nullptr ? request->number : std::get<BadRequest>(decoded).number;
  if (refuse_flood(number, now)) {
    // refused
  } else if (request == nullptr) {
    refuse(number, Errc::bad_message);
  } else if (!greeted() && !std::holds_alternative<Hello>(request->what)) {
    refuse(number, Errc::hello_expected);
  } else {
    std::visit([&](auto& what) { handle(number, what, Now{now, wall_ms}); }, request->what);
  }
  if (hub_.serve(*this)) hub_.take_turn_later(*this);
  connection_.flush();
}

void Session::writable() { hub_.serve_writable(*this); }

bool Session::refuse_flood(Number number, TimePoint now) {
  const auto& settings = hub_.settings_;
  const bool publishes = settings.publish_open || !identity_.publishes.empty();
  const auto wait = requests_.take(publishes ? settings.publisher_requests : settings.requests, now);
  if (wait == Duration::zero()) return false;
  refuse(number, Errc::request_rate, after(wait));
  if (refusals_.take(kRefusals, now) > Duration::zero()) connection_.close(kCloseFlood);
  return true;
}

void Session::handle(Number number, Hello& hello, const Now& now) {
  if (greeted()) return refuse(number, Errc::hello_expected);
  if (hello.version != kProtocolVersion) return connection_.close(kCloseVersion);
  if (hello.nickname && check_nickname(*hello.nickname)) return refuse(number, Errc::bad_nickname);
  const auto arrival = recognise(hello, now.wall_ms);
  if (!arrival) return refuse(number, arrival.error());
  if (const auto retry = hub_.gate_.admit(*arrival, now.time)) {
    id_.clear();
    waits_until_ = now.time + std::chrono::milliseconds{retry->to_ms};
    return refuse(number, Errc::busy, *retry);
  }
  if (*arrival == Arrival::resume) hub_.counters_.resumed.add();
  if (id_.empty()) id_ = hub_.identities_.new_session();
  hub_.counters_.sessions.add(1);
  if (hello.nickname) nickname_ = std::move(*hello.nickname);
  if (!identity_.nickname.empty()) nickname_ = identity_.nickname;
  const auto beats = std::chrono::milliseconds{hello.heartbeat_ms} / Hub::kHeartbeat;
  pace_ = static_cast<std::uint8_t>(std::clamp<std::int64_t>(beats, 1, Hub::kSlowestPace));
  welcome(*arrival == Arrival::resume, now.wall_ms);
  for (auto& wanted : hello.subscriptions) subscribe({}, std::move(wanted), now.time);
}

Result<Arrival> Session::recognise(const Hello& hello, std::int64_t wall_ms) {
  identity_ = {};
  auto known = hub_.identities_.verify(hello.resume, wall_ms);
  if (known) identity_ = std::move(known->identity);
  if (!hello.token.empty()) {
    auto identity = hub_.identities_.identify(hello.token, wall_ms);
    if (!identity) return identity.error();
    // Someone else's session is not resumed: its messages and membership are that person's.
    if (known && identity_.known() && identity_.user != identity->user) known.reset();
    identity_ = std::move(*identity);
  }
  if (known) id_ = std::move(known->session);
  if (known) return Arrival::resume;
  return identity_.known() ? Arrival::known : Arrival::cold;
}

void Session::welcome(bool resumed, std::int64_t wall_ms) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  Welcome welcome;
  welcome.session = id_;
  welcome.user = user();
  welcome.standing = identity_.standing;
  welcome.resumed = resumed;
  welcome.now_ms = wall_ms;
  welcome.heartbeat_ms = duration_cast<milliseconds>(Hub::kHeartbeat * pace_).count();
  welcome.window_ms = hub_.reconnect_window().to_ms;
  welcome.resume_ttl_ms = duration_cast<milliseconds>(hub_.settings_.resume_ttl).count();
  if (identity_.known())
    welcome.resume_ttl_ms =
        std::clamp(identity_.expires_ms - wall_ms, std::int64_t{0}, welcome.resume_ttl_ms);
  welcome.resume = hub_.identities_.resume_token({id_, identity_}, wall_ms + welcome.resume_ttl_ms);
  push(encode_hello(welcome));
}

void Session::handle(Number number, Subscribe& wanted, const Now& now) {
  subscribe(number, std::move(wanted), now.time);
}

void Session::subscribe(Number number, Subscribe wanted, TimePoint now) {
  const auto parsed = parse_channel(wanted.channel);
  if (!parsed) return refuse(number, parsed.error(), {}, wanted.channel);
  auto* subscription = find(wanted.channel);
  if (subscription == nullptr) {
    auto* topic =
        subscriptions_.size() < kMaxChannels ? hub_.open_topic(*parsed, wanted.channel, now) : nullptr;
    if (topic == nullptr) return refuse(number, Errc::too_many_channels, {}, wanted.channel);
    hub_.join(*topic, *this);
    subscription = &subscriptions_.back();
  }
  subscription->waiting = std::make_unique<Asked>(Asked{number, std::move(wanted.since)});
  if (subscription->topic->topic->ready()) answer_start(*subscription);
}

void Session::answer_start(Subscription& subscription) {
  const auto asked = std::move(subscription.waiting);
  const auto start = subscription.topic->topic->start(asked->since, subscription.cursor, hub_.now_);
  push(asked->number ? encode_answer(*asked->number, start.sync) : encode_sync_message(start.sync));
  if (start.recovered) (*start.recovered ? hub_.counters_.recovered : hub_.counters_.not_recovered).add();
}

void Session::handle(Number number, Unsubscribe& unwanted, const Now&) {
  const auto* subscription = find(unwanted.channel);
  if (subscription == nullptr) return refuse(number, Errc::not_subscribed, {}, unwanted.channel);
  hub_.leave(*this, static_cast<std::size_t>(subscription - subscriptions_.data()));
  if (number) push(encode_channel_answer(*number, unwanted.channel));
}

void Session::handle(Number number, SetNickname& wanted, const Now&) {
  const bool fixed = !identity_.nickname.empty() && wanted.nickname != identity_.nickname;
  if (fixed || check_nickname(wanted.nickname)) return refuse(number, Errc::bad_nickname);
  nickname_ = std::move(wanted.nickname);
  for (const auto& subscription : subscriptions_) {
    if (!subscription.topic->is_set) continue;
    hub_.roster_.change_info(subscription.topic->topic->channel(), user(), encode_member_info(nickname_));
    hub_.wake_();
  }
  if (number) push(encode_nickname_answer(*number, nickname_));
}

ErrorCode Session::check_publish(const Publish& wanted) const {
  const auto parsed = parse_channel(wanted.channel);
  if (!parsed) return parsed.error();
  if (parsed->kind != Kind::log) return Errc::not_publishable;
  if (nickname_.empty()) return Errc::nickname_needed;
  if (!wanted.id.empty() && check_publication_id(wanted.id)) return Errc::bad_id;
  if (const auto error = check_chat_text(wanted.text)) return error;
  const auto* filter = hub_.settings_.filter;
  const bool judged = filter != nullptr && identity_.standing_in(wanted.channel) < Standing::moderator;
  if (judged && !filter->allows(wanted.channel, user(), wanted.text)) return Errc::bad_words;
  return {};
}

void Session::handle(Number number, Publish& wanted, const Now& now) {
  if (const auto error = check_publish(wanted)) {
    if (error == Errc::bad_words) hub_.counters_.rule_refusals.add();
    return refuse(number, error);
  }
  const auto wait = hub_.chat_wait(user(), now.time);
  if (wait > Duration::zero()) return refuse(number, Errc::chat_rate, after(wait));
  Publication publication;
  if (!wanted.id.empty()) publication.id = user() + "/" + wanted.id;
  publication.user = user();
  publication.standing = identity_.standing_in(wanted.channel);
  publication.body = encode_chat({user(), wanted.id, nickname_, publication.standing, wanted.text});
  publication.time_ms = now.wall_ms;
  publish(number, wanted.channel, std::move(publication), hub_.counters_.published);
}

void Session::handle(Number number, Moderate& wanted, const Now& now) {
  const auto parsed = parse_channel(wanted.channel);
  if (!parsed) return refuse(number, parsed.error());
  if (parsed->kind != Kind::log) return refuse(number, Errc::not_publishable);
  if (!wanted.id.empty() && check_publication_id(wanted.id)) return refuse(number, Errc::bad_id);
  Publication publication;
  publication.standing = identity_.standing_in(wanted.channel);
  if (publication.standing < Standing::moderator) return refuse(number, Errc::not_allowed);
  if (!wanted.id.empty()) publication.id = user() + "/" + wanted.id;
  publication.user = user();
  publication.body = encode_moderation(wanted.moderation, user());
  publication.time_ms = now.wall_ms;
  publication.change = rule_change(wanted.moderation);
  publish(number, wanted.channel, std::move(publication), hub_.counters_.moderated);
}

void Session::publish(Number number, const std::string& channel, Publication publication, Counter& counter) {
  auto done = [&hub = hub_, &counter, key = key_, number, channel](Result<Published> result) {
    const bool refused = result && result->refusal;
    (!result ? hub.counters_.publish_failed : refused ? hub.counters_.rule_refusals : counter).add();
    const auto session = hub.sessions_.find(key);
    if (session != hub.sessions_.end()) session->second->published(number, channel, result);
  };
  hub_.bus_->publish(channel, std::move(publication), std::move(done));
}

void Session::published(Number number, const std::string& channel, const Result<Published>& result) {
  if (!result) {
    refuse(number, result.error(), Retry{800, 3000});
  } else if (result->refusal) {
    const auto wait = result->refusal->wait_ms;
    refuse(number, result->refusal->error, wait > 0 ? std::optional{Retry{wait, wait}} : std::nullopt);
  } else if (number) {
    push(encode_published(*number, channel, *result));
  }
  connection_.flush();
}

void Session::handle(Number, Ping& ping, const Now& now) { push(encode_pong(ping.number, now.wall_ms)); }

void Session::refuse(Number number, ErrorCode error, std::optional<Retry> retry, std::string_view channel) {
  hub_.counters_.refused.add();
  push(encode_error(number, error, retry, number ? std::string_view{} : channel));
}

void Session::push(std::string_view text) { connection_.push(share(hub_.framer_(text))); }

Session::Subscription* Session::find(std::string_view channel) {
  const auto found = std::ranges::find_if(
      subscriptions_, [&](const Subscription& each) { return each.topic->topic->channel() == channel; });
  return found == subscriptions_.end() ? nullptr : &*found;
}

}  // namespace levee::realtime
