// Sources that have no connection.
#include <algorithm>
#include <utility>

#include "levee/realtime/hub.hpp"

namespace levee::realtime {
namespace {

int status_of(ErrorCode error) {
  if (error == Errc::bad_message || error == Errc::unknown_channel) return 400;
  if (error == Errc::bad_token) return 401;
  if (error == Errc::not_publisher || error == Errc::not_publishable) return 403;
  if (error == Errc::newer_source) return 409;
  if (error == Errc::too_many_channels) return 429;
  return 503;
}

Hub::PostAnswer refusal(ErrorCode error) { return {status_of(error), encode_error({}, error)}; }

}  // namespace

void Hub::post(Post post, TimePoint now, std::int64_t wall_ms, std::function<void(PostAnswer)> done) {
  now_ = std::max(now_, now);
  wall_.set(now, wall_ms);
  const auto parsed = parse_channel(post.channel);
  if (!parsed || parsed->kind != Kind::state) return done(refusal(Errc::unknown_channel));
  if (!settings_.publish_open) {
    const auto identity = identities_.identify(post.token, wall_ms);
    if (!identity) return done(refusal(identity.error()));
    if (!identity->may_publish(post.channel)) return done(refusal(Errc::not_publisher));
  }
  auto posted = decode_posted(post.body);
  if (!posted) return done(refusal(posted.error()));
  auto* topic = open_topic(*parsed, post.channel, now);
  if (topic == nullptr) return done(refusal(Errc::too_many_channels));
  hold(*topic);
  auto work = [this, topic, posted = std::move(*posted), done = std::move(done)](bool ready) mutable {
    if (ready && topic->topic->feed() != nullptr) return put_posted(*topic, posted, std::move(done));
    release(*topic);
    done(refusal(Errc::bus_down));
  };
  when_ready(*topic, std::move(work));
}

void Hub::put_posted(HubTopic& topic, PostedItems& posted, std::function<void(PostAnswer)> done) {
  const auto& view = *topic.topic->feed();
  const auto wall_ms = wall_.at(now_);
  auto session = FeedSession::join(posted.epoch, view, wall_ms);
  if (!session) {
    release(topic);
    return done(refusal(session.error()));
  }
  std::vector<Record> records;
  for (auto& item : posted.items.items) {
    if (item.time_ms) item.time_ms = server_time(*item.time_ms, posted.items.sent_ms, wall_ms);
    session->say(item, view, wall_ms, records);
  }
  if (!session->is_synced()) records.push_back(session->synced(wall_ms));
  const auto items = posted.items.items.size();
  auto answer = [this, &topic, items, done = std::move(done)](const Result<Put>& put) {
    release(topic);
    if (!put) return done(refusal(put.error()));
    const auto old = std::min(put->old, items);
    counters_.feed_taken.add(put->taken);
    counters_.feed_old.add(put->old);
    counters_.feed_full.add(put->full);
    if (put->full > 0) return done(refusal(Errc::too_many_channels));
    done({200, encode_taken(topic.topic->channel(), items - old, old)});
  };
  bus_->put(topic.topic->channel(), std::move(records), std::move(answer));
}

}  // namespace levee::realtime
