#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/realtime/bus.hpp"
#include "levee/realtime/feed_session.hpp"
#include "levee/realtime/wire.hpp"

/// What every bus promises. A test program includes this, derives a fixture from BusContract that makes its
/// bus, and names it with LEVEE_BUS_CONTRACT.
namespace levee::test {

/// One shard of a node, on the test's thread: notes what the bus tells.
class BusEnd final : public realtime::BusListener {
 public:
  BusEnd(realtime::Bus& bus, boost::asio::io_context& context) : client{bus.attach(context, *this)} {}

  void reset(const std::string& channel, const realtime::SnapshotPtr& snapshot) override {
    resets.push_back(snapshot);
    // What is missing may come with it.
    for (const auto& message : snapshot->log) take(*snapshot, *message);
    if (snapshot->top.epoch != epoch || top < snapshot->top.offset) top = snapshot->top.offset;
    epoch = snapshot->top.epoch;
    last_channel = channel;
    value = snapshot->value ? snapshot->value->body : "";
    members = snapshot->member_count;
  }
  void message(const std::string&, const realtime::MessagePtr& message) override {
    if (message->offset <= top) return;
    messages.push_back(message);
    bodies.push_back(message->body);
    value = message->body;
    members = message->members;
    top = message->offset;
  }
  void overflowed() override { ++overflows; }

  std::vector<realtime::SnapshotPtr> resets;
  std::vector<realtime::MessagePtr> messages;
  std::vector<std::string> bodies;  ///< in the order taken, those from snapshots that were missing included
  std::string epoch;
  std::uint64_t top = 0;
  std::string last_channel;
  // As they stand after what came last, be it a message or a snapshot that was ahead of it.
  std::string value;
  std::uint64_t members = 0;
  int overflows = 0;
  std::unique_ptr<realtime::BusClient> client;

 private:
  void take(const realtime::Snapshot& snapshot, const realtime::Message& message) {
    if (snapshot.top.epoch != epoch || message.offset <= top) return;
    bodies.push_back(message.body);
    top = message.offset;
  }
};

class BusContract : public testing::Test {
 protected:
  /// The bus of one of two nodes; a bus that can't span nodes gives the same one twice.
  virtual realtime::Bus& bus(int node) = 0;

  /// Lets everything run until `done`, or for `patience`.
  bool wait_until(const std::function<bool()>& done,
                  std::chrono::milliseconds patience = std::chrono::seconds{5}) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      context.restart();
      context.run_one_for(std::chrono::milliseconds{5});
    }
    return true;
  }
  void let_pass(std::chrono::milliseconds time) {
    wait_until([] { return false; }, time);
  }

  std::unique_ptr<BusEnd> end(int node) { return std::make_unique<BusEnd>(bus(node), context); }

  std::unique_ptr<BusEnd> subscribed(int node, const std::string& channel) {
    auto made = end(node);
    made->client->subscribe(channel);
    EXPECT_TRUE(wait_until([&] { return !made->resets.empty() && !made->resets.back()->partial; }));
    return made;
  }

  Result<realtime::Published> publish(BusEnd& from, const std::string& body, const std::string& id = "",
                                      const std::string& channel = "chat:a") {
    realtime::Publication publication;
    publication.id = id;
    publication.body = body;
    publication.time_ms = 1000;
    return say(from, publication, channel);
  }

  Result<realtime::Published> say(BusEnd& from, const realtime::Publication& publication,
                                  const std::string& channel = "chat:a") {
    std::optional<Result<realtime::Published>> answer;
    from.client->publish(channel, publication, [&](Result<realtime::Published> result) { answer = result; });
    if (!wait_until([&] { return answer.has_value(); })) return realtime::Errc::bus_timeout;
    return *answer;
  }
  /// What a moderator does to the rules of chat:a.
  bool rule(BusEnd& from, const realtime::RuleChange& change) {
    const auto made = say(from, {"", "{}", 1000, "mod", realtime::Standing::moderator, change});
    return made && !made->refusal;
  }
  /// Why `user` may not write into chat:a; nothing when it may.
  std::optional<realtime::Refusal> refusal(BusEnd& from, const std::string& user, realtime::Standing standing,
                                           const std::string& id = "") {
    const auto made = say(from, {id, "x", 1000, user, standing, {}});
    return made ? made->refusal : realtime::Refusal{made.error(), 0};
  }

  Result<realtime::Put> put(BusEnd& from, std::vector<realtime::Record> records,
                            const std::string& channel = "feed:a") {
    std::optional<Result<realtime::Put>> answer;
    from.client->put(channel, std::move(records), [&](Result<realtime::Put> result) { answer = result; });
    if (!wait_until([&] { return answer.has_value(); })) return realtime::Errc::bus_timeout;
    return *answer;
  }

  /// What the buses keep of trails.
  static constexpr realtime::TrailLimits kTrails{5, 3};

  static realtime::TrackPoint place(std::uint64_t sequence, std::int64_t time_ms) {
    realtime::TrackPoint made{{1, sequence}, {}};
    made.fix.seq = sequence;
    made.fix.time_ms = time_ms;
    made.fix.place = {59.3293 + 0.1 * static_cast<double>(sequence), -18.0686};
    made.fix.battery_percent = 71.5;
    made.fix.motion = realtime::Motion::slow;
    made.fix.next = std::chrono::seconds{5};
    return made;
  }
  ErrorCode extend(BusEnd& from, const std::string& device, std::vector<realtime::TrackPoint> points) {
    std::optional<ErrorCode> answer;
    from.client->extend_trail("track:a", device, std::move(points), [&](ErrorCode error) { answer = error; });
    if (!wait_until([&] { return answer.has_value(); })) return realtime::Errc::bus_timeout;
    return *answer;
  }
  Result<std::vector<realtime::DeviceTrail>> trails(int node, const std::string& device) {
    std::optional<Result<std::vector<realtime::DeviceTrail>>> answer;
    bus(node).read_trails("track:a", device, [&](auto result) { answer = std::move(result); });
    if (!wait_until([&] { return answer.has_value(); })) return realtime::Errc::bus_timeout;
    return *answer;
  }
  /// The times of a device's trail, as a node tells them.
  std::vector<std::int64_t> times(int node, const std::string& device) {
    const auto all = trails(node, device).value();
    std::vector<std::int64_t> told;
    if (all.empty()) return told;
    for (const auto& point : all.front().points) told.push_back(point.fix.time_ms);
    return told;
  }
  std::vector<std::string> devices(int node) {
    std::vector<std::string> names;
    for (const auto& each : trails(node, "").value()) names.push_back(each.device);
    return names;
  }

  boost::asio::io_context context;
};

}  // namespace levee::test

#define LEVEE_BUS_CONTRACT(Fixture)                                                                       \
  using realtime::Errc;                                                                                   \
                                                                                                          \
  TEST_F(Fixture, GivesEachMessageItsPlaceInOneOrder) {                                                   \
    const auto here = subscribed(0, "chat:a");                                                            \
    const auto there = subscribed(1, "chat:a");                                                           \
    const auto first = publish(*here, "1");                                                               \
    ASSERT_TRUE(first);                                                                                   \
    EXPECT_EQ(first->position.offset, 1u);                                                                \
    for (int i = 2; i <= 20; ++i) publish(i % 2 == 0 ? *here : *there, std::to_string(i));                \
    ASSERT_TRUE(wait_until([&] { return here->top == 20 && there->top == 20; }));                         \
    EXPECT_EQ(here->bodies, there->bodies);                                                               \
    EXPECT_EQ(here->bodies.size(), 20u);                                                                  \
    for (std::size_t i = 0; i < here->messages.size(); ++i) EXPECT_EQ(here->messages[i]->offset, i + 1);  \
    EXPECT_EQ(here->epoch, first->position.epoch);                                                        \
    EXPECT_EQ(here->messages.front()->time_ms, 1000);                                                     \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, MakesOneMessageOfOneId) {                                                               \
    const auto here = subscribed(0, "chat:a");                                                            \
    const auto there = subscribed(1, "chat:a");                                                           \
    const auto first = publish(*here, "x", "ann/1");                                                      \
    const auto again = publish(*there, "x", "ann/1");                                                     \
    const auto other = publish(*there, "x", "ann/2");                                                     \
    ASSERT_TRUE(first&& again&& other);                                                                   \
    EXPECT_FALSE(first->duplicate);                                                                       \
    EXPECT_TRUE(again->duplicate);                                                                        \
    EXPECT_EQ(again->position, first->position);                                                          \
    EXPECT_EQ(other->position.offset, 2u);                                                                \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, GivesALateSubscriberTheNewestMessages) {                                                \
    const auto here = end(0);                                                                             \
    for (int i = 1; i <= 510; ++i) publish(*here, std::to_string(i));                                     \
    const auto late = subscribed(1, "chat:a");                                                            \
    const auto& snapshot = *late->resets.back();                                                          \
    EXPECT_EQ(snapshot.top.offset, 510u);                                                                 \
    ASSERT_EQ(snapshot.log.size(), 500u);                                                                 \
    EXPECT_EQ(snapshot.log.front()->offset, 11u);                                                         \
    EXPECT_EQ(snapshot.log.back()->body, "510");                                                          \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, GivesASecondSubscriberOfTheSameNodeASnapshotAndLosesNothingToTheFirst) {                \
    const auto first = subscribed(0, "chat:a");                                                           \
    publish(*first, "1");                                                                                 \
    const auto second = subscribed(0, "chat:a");                                                          \
    EXPECT_EQ(second->resets.back()->log.size(), 1u);                                                     \
    publish(*first, "2");                                                                                 \
    ASSERT_TRUE(wait_until([&] { return first->top == 2 && second->top == 2; }));                         \
    EXPECT_EQ(first->bodies, (std::vector<std::string>{"1", "2"}));                                       \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, TellsNothingAfterUnsubscribe) {                                                         \
    const auto here = subscribed(0, "chat:a");                                                            \
    here->client->unsubscribe("chat:a");                                                                  \
    let_pass(50ms);                                                                                       \
    publish(*here, "1");                                                                                  \
    let_pass(100ms);                                                                                      \
    EXPECT_TRUE(here->messages.empty());                                                                  \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, KeepsTheNewestValueAndTellsItOnce) {                                                    \
    const auto here = subscribed(0, "status:a");                                                          \
    EXPECT_EQ(here->resets.back()->value, nullptr);                                                       \
    bus(1).set_value("status:a", R"({"state":"live"})", 7);                                               \
    ASSERT_TRUE(wait_until([&] { return !here->messages.empty(); }));                                     \
    EXPECT_EQ(here->messages.back()->body, R"({"state":"live"})");                                        \
    EXPECT_EQ(here->messages.back()->time_ms, 7);                                                         \
    bus(1).set_value("status:a", R"({"state":"live"})", 8);                                               \
    let_pass(100ms);                                                                                      \
    EXPECT_EQ(here->messages.size(), 1u);                                                                 \
    const auto late = subscribed(1, "status:a");                                                          \
    ASSERT_NE(late->resets.back()->value, nullptr);                                                       \
    EXPECT_EQ(late->resets.back()->value->body, R"({"state":"live"})");                                   \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, ForgetsAValueThatIsSetToNothing) {                                                      \
    bus(0).set_value("status:a", "{}", 1);                                                                \
    bus(0).set_value("status:a", "", 1);                                                                  \
    let_pass(100ms);                                                                                      \
    EXPECT_EQ(subscribed(0, "status:a")->resets.back()->value, nullptr);                                  \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, TellsWhoJoinsAndWhoLeaves) {                                                            \
    const auto here = subscribed(0, "presence:a");                                                        \
    const auto there = end(1);                                                                            \
    there->client->change_members("presence:a", {{{"ann", R"({"nick":"Ann"})"}, {"bo", "{}"}}, {}});      \
    ASSERT_TRUE(wait_until([&] { return !here->messages.empty(); }));                                     \
    EXPECT_EQ(here->messages.back()->members, 2u);                                                        \
    EXPECT_EQ(realtime::decode_member_changes(here->messages.back()->body)->joins.size(), 2u);            \
    there->client->change_members("presence:a", {{}, {"bo"}});                                            \
    ASSERT_TRUE(wait_until([&] { return here->messages.size() == 2; }));                                  \
    EXPECT_EQ(here->messages.back()->members, 1u);                                                        \
    EXPECT_THAT(realtime::decode_member_changes(here->messages.back()->body)->leaves,                     \
                testing::ElementsAre("bo"));                                                              \
    const auto late = subscribed(1, "presence:a");                                                        \
    EXPECT_THAT(late->resets.back()->members,                                                             \
                testing::ElementsAre(realtime::Member{"ann", R"({"nick":"Ann"})"}));                      \
    EXPECT_EQ(late->resets.back()->member_count, 1u);                                                     \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, LetsAMemberMoveAndTheOldPlaceNotTakeItAway) {                                           \
    const auto watching = subscribed(0, "presence:a");                                                    \
    const auto before = end(0);                                                                           \
    const auto after = end(1);                                                                            \
    before->client->change_members("presence:a", {{{"ann", "{}"}}, {}});                                  \
    ASSERT_TRUE(wait_until([&] { return watching->messages.size() == 1; }));                              \
    after->client->change_members("presence:a", {{{"ann", "{}"}}, {}});                                   \
    let_pass(50ms);                                                                                       \
    before->client->change_members("presence:a", {{}, {"ann"}});                                          \
    let_pass(150ms);                                                                                      \
    EXPECT_EQ(watching->messages.size(), 1u) << "nothing changed for the others";                         \
    EXPECT_EQ(subscribed(1, "presence:a")->resets.back()->member_count, 1u);                              \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, TakesTheMembersOfAnEndAlongWhenItGoes) {                                                \
    const auto here = subscribed(0, "presence:a");                                                        \
    auto there = end(1);                                                                                  \
    there->client->change_members("presence:a", {{{"ann", "{}"}}, {}});                                   \
    ASSERT_TRUE(wait_until([&] { return here->messages.size() == 1; }));                                  \
    there.reset();                                                                                        \
    ASSERT_TRUE(wait_until([&] { return here->messages.size() == 2; }));                                  \
    EXPECT_EQ(here->messages.back()->members, 0u);                                                        \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, ListsAtMost200MembersAndCountsThemAll) {                                                \
    const auto here = end(0);                                                                             \
    realtime::MemberChanges crowd;                                                                        \
    for (int i = 0; i < 300; ++i) crowd.joins.push_back({"m" + std::to_string(i), "{}"});                 \
    here->client->change_members("presence:a", crowd);                                                    \
    let_pass(200ms);                                                                                      \
    const auto late = subscribed(1, "presence:a");                                                        \
    EXPECT_EQ(late->resets.back()->member_count, 300u);                                                   \
    EXPECT_EQ(late->resets.back()->members.size(), 200u);                                                 \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, TakesOfARecordOnlyWhatIsNewer) {                                                        \
    const auto here = subscribed(0, "feed:a");                                                            \
    const auto there = end(1);                                                                            \
    const realtime::Record first{"EURUSD", {7, 1}, 5, "", R"({"b":1})"};                                  \
    const auto put_first = put(*there, {first, {"XAU", {7, 1}, 5, "", "{}"}});                            \
    ASSERT_TRUE(put_first);                                                                               \
    EXPECT_EQ(put_first->taken, 2u);                                                                      \
    EXPECT_EQ(put_first->position.offset, 1u);                                                            \
    const auto again = put(*here, {first, {"EURUSD", {6, 99}, 5, "", "{}"}});                             \
    ASSERT_TRUE(again);                                                                                   \
    EXPECT_EQ(again->taken, 0u);                                                                          \
    EXPECT_EQ(again->old, 2u);                                                                            \
    EXPECT_EQ(again->position.offset, 1u);                                                                \
    const realtime::Record newer{"EURUSD", {7, 2}, 6, "", R"({"b":2})"};                                  \
    EXPECT_EQ(put(*here, {newer})->position.offset, 2u);                                                  \
    ASSERT_TRUE(wait_until([&] { return here->top == 2; }));                                              \
    EXPECT_EQ(here->messages.size(), 2u);                                                                 \
    EXPECT_THAT(*realtime::decode_records(here->bodies.back()), testing::ElementsAre(newer));             \
    const auto late = subscribed(1, "feed:a");                                                            \
    ASSERT_EQ(late->resets.back()->records.size(), 2u);                                                   \
    for (const auto& [record, offset] : late->resets.back()->records) {                                   \
      EXPECT_EQ(offset, record.key == "XAU" ? 1u : 2u);                                                   \
      if (record.key == "EURUSD") {                                                                       \
        EXPECT_EQ(record, newer);                                                                         \
      }                                                                                                   \
    }                                                                                                     \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, MarksARecordWithoutChangingWhatItSays) {                                                \
    const auto here = subscribed(0, "feed:a");                                                            \
    put(*here, {{"EURUSD", {7, 1}, 5, "", R"({"b":1})"}});                                                \
    const auto marked = put(*here, {{"EURUSD", {7, 1}, 9, "gone", ""}});                                  \
    EXPECT_EQ(marked->taken, 1u);                                                                         \
    EXPECT_EQ(put(*here, {{"EURUSD", {7, 1}, 9, "gone", ""}})->old, 1u);                                  \
    ASSERT_TRUE(wait_until([&] { return here->top == 2; }));                                              \
    const realtime::Record expected{"EURUSD", {7, 1}, 5, "gone", R"({"b":1})"};                           \
    EXPECT_THAT(*realtime::decode_records(here->bodies.back()), testing::ElementsAre(expected));          \
    EXPECT_EQ(subscribed(1, "feed:a")->resets.back()->records.front().record, expected);                  \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, TakesNoMoreThanTheKeysItMayHave) {                                                      \
    const auto here = end(0);                                                                             \
    std::vector<realtime::Record> records;                                                                \
    for (int i = 0; i < 1010; ++i) records.push_back({"k" + std::to_string(i), {1, 1}, 0, "", "{}"});     \
    const auto first = put(*here, records);                                                               \
    EXPECT_EQ(first->taken, 1000u);                                                                       \
    EXPECT_EQ(first->full, 10u);                                                                          \
    const auto again = put(*here, {{"k0", {1, 2}, 0, "", "{}"}, {"k1009", {1, 2}, 0, "", "{}"}});         \
    EXPECT_EQ(again->taken, 1u);                                                                          \
    EXPECT_EQ(again->full, 1u);                                                                           \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, KeepsOutWhoIsBannedOnAllNodes) {                                                        \
    using realtime::RuleChange;                                                                           \
    using realtime::Standing;                                                                             \
    const auto here = subscribed(0, "chat:a");                                                            \
    const auto there = end(1);                                                                            \
    ASSERT_TRUE(rule(*here, {{}, {}, "bo", RuleChange::kForGood}));                                       \
    EXPECT_EQ(refusal(*there, "bo", Standing::viewer), (realtime::Refusal{Errc::banned, 0}));             \
    EXPECT_EQ(refusal(*there, "bob", Standing::viewer), std::nullopt);                                    \
    EXPECT_EQ(refusal(*there, "bo", Standing::moderator), std::nullopt);                                  \
    ASSERT_TRUE(rule(*there, {{}, {}, "bo", RuleChange::kLifted}));                                       \
    EXPECT_EQ(refusal(*here, "bo", Standing::viewer), std::nullopt);                                      \
    ASSERT_TRUE(rule(*there, {{}, {}, "bo", 600}));                                                       \
    const auto timed = refusal(*here, "bo", Standing::viewer);                                            \
    ASSERT_TRUE(timed);                                                                                   \
    EXPECT_GT(timed->wait_ms, 590'000);                                                                   \
    EXPECT_LE(timed->wait_ms, 600'000);                                                                   \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, LetsEveryoneWriteOnceInASlowWhileWhicheverTheNode) {                                    \
    using realtime::Standing;                                                                             \
    const auto here = subscribed(0, "chat:a");                                                            \
    const auto there = end(1);                                                                            \
    ASSERT_TRUE(rule(*here, {10, {}, {}, {}}));                                                           \
    EXPECT_EQ(refusal(*here, "bo", Standing::viewer, "bo/1"), std::nullopt);                              \
    EXPECT_EQ(refusal(*there, "bo", Standing::viewer, "bo/1"), std::nullopt) << "the same message again"; \
    const auto slow = refusal(*there, "bo", Standing::viewer, "bo/2");                                    \
    ASSERT_TRUE(slow);                                                                                    \
    EXPECT_EQ(slow->error, Errc::slow_mode);                                                              \
    EXPECT_GT(slow->wait_ms, 9'000);                                                                      \
    EXPECT_EQ(refusal(*there, "ann", Standing::guest), std::nullopt);                                     \
    EXPECT_EQ(subscribed(1, "chat:a")->resets.back()->rules, R"({"slow":10})");                           \
    ASSERT_TRUE(rule(*here, {0, {}, {}, {}}));                                                            \
    EXPECT_EQ(refusal(*there, "bo", Standing::viewer, "bo/2"), std::nullopt);                             \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, LetsOnlyThoseWriteWhoStandHighEnough) {                                                 \
    using realtime::Standing;                                                                             \
    const auto here = end(0);                                                                             \
    const auto there = end(1);                                                                            \
    ASSERT_TRUE(rule(*here, {{}, Standing::follower, {}, {}}));                                           \
    EXPECT_EQ(refusal(*there, "bo", Standing::viewer), (realtime::Refusal{Errc::not_for_all, 0}));        \
    EXPECT_EQ(refusal(*there, "fay", Standing::follower), std::nullopt);                                  \
    EXPECT_EQ(subscribed(1, "chat:a")->resets.back()->rules, R"({"only":"followers"})");                  \
    ASSERT_TRUE(rule(*there, {{}, Standing::guest, {}, {}}));                                             \
    EXPECT_EQ(refusal(*here, "bo", Standing::guest), std::nullopt);                                       \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, TellsWhetherAPublicationWasMadeAndMakesNone) {                                          \
    const auto here = subscribed(0, "chat:a");                                                            \
    const auto there = end(1);                                                                            \
    const auto made = publish(*here, "x", "ann/1");                                                       \
    realtime::Publication question;                                                                       \
    question.id = "ann/1";                                                                                \
    question.only_known = true;                                                                           \
    const auto known = say(*there, question);                                                             \
    ASSERT_TRUE(known);                                                                                   \
    EXPECT_TRUE(known->duplicate);                                                                        \
    EXPECT_EQ(known->position, made->position);                                                           \
    question.id = "ann/2";                                                                                \
    const auto unknown = say(*there, question);                                                           \
    ASSERT_TRUE(unknown);                                                                                 \
    EXPECT_FALSE(unknown->duplicate);                                                                     \
    EXPECT_EQ(publish(*there, "y", "ann/2")->position.offset, 2u);                                        \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, CarriesAFeedToOneViewOnAllNodes) {                                                      \
    const auto here = subscribed(0, "feed:a");                                                            \
    const auto there = subscribed(1, "feed:a");                                                           \
    const realtime::Moment now{TimePoint{std::chrono::hours{1}}, 1'000'000};                              \
    realtime::FeedView view{true};                                                                        \
    auto source = realtime::FeedSession::begin(7, view, now.wall_ms);                                     \
    std::vector<realtime::Record> records{source->open(now.wall_ms)};                                     \
    source->say({"EURUSD", 1, {}, std::chrono::seconds{4}, false, R"({"b":1})"}, view, now.wall_ms,       \
                records);                                                                                 \
    records.push_back(source->synced(now.wall_ms));                                                       \
    EXPECT_EQ(put(*here, records)->taken, 3u);                                                            \
    ASSERT_TRUE(wait_until([&] { return there->messages.size() == 1; }));                                 \
    const auto told = realtime::decode_records(there->messages.back()->body);                             \
    for (const auto& record : *told) view.apply(record, 1, now);                                          \
    ASSERT_TRUE(view.live(view.entries().at("EURUSD"), now.time));                                        \
    const realtime::Moment later{now.time + std::chrono::seconds{5}, now.wall_ms + 5000};                 \
    EXPECT_EQ(put(*there, view.take_silent(later))->taken, 1u);                                           \
    ASSERT_TRUE(wait_until([&] { return here->messages.size() == 2; }));                                  \
    const auto marked = realtime::decode_records(here->messages.back()->body);                            \
    for (const auto& record : *marked) view.apply(record, 2, later);                                      \
    EXPECT_EQ(view.entries().at("EURUSD").mark, realtime::KeyMark::silent);                               \
    EXPECT_EQ(*view.entries().at("EURUSD").body, R"({"b":1})");                                           \
    EXPECT_EQ(subscribed(1, "feed:a")->resets.back()->records.size(), 2u);                                \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, TellsEveryNodeTheSameTrailInTheOrderOfItsTimes) {                                       \
    const auto here = end(0);                                                                             \
    const auto there = end(1);                                                                            \
    ASSERT_FALSE(extend(*here, "v1", {place(4, 4000), place(1, 1000)}));                                  \
    ASSERT_FALSE(extend(*there, "v1", {place(3, 3000), place(2, 2000)}));                                 \
    ASSERT_FALSE(extend(*there, "v1", {place(2, 2001), place(4, 3999)})) << "told twice";                 \
    for (const int node : {0, 1}) {                                                                       \
      EXPECT_EQ(times(node, "v1"), (std::vector<std::int64_t>{1000, 2000, 3000, 4000}));                  \
      const auto trail = trails(node, "v1").value().front();                                              \
      EXPECT_EQ(trail.newest.version, (realtime::Version{1, 4}));                                         \
      const auto& fix = trail.points[1].fix;                                                              \
      EXPECT_EQ(fix.seq, 2u);                                                                             \
      EXPECT_EQ(fix.place, place(2, 0).fix.place);                                                        \
      EXPECT_EQ(fix.battery_percent, 71.5);                                                               \
      EXPECT_FALSE(fix.heading_deg);                                                                      \
      EXPECT_EQ(fix.motion, realtime::Motion::slow);                                                      \
      EXPECT_EQ(fix.next, std::chrono::seconds{5});                                                       \
      EXPECT_TRUE(trails(node, "v2").value().empty());                                                    \
      EXPECT_EQ(trails(node, "").value().front().newest.fix.time_ms, 4000);                               \
    }                                                                                                     \
  }                                                                                                       \
                                                                                                          \
  TEST_F(Fixture, KeepsTheNewestPlacesOfTheDevicesHeardOfLast) {                                          \
    const auto here = end(0);                                                                             \
    for (std::uint64_t i = 1; i <= 7; ++i)                                                                \
      ASSERT_FALSE(extend(*here, "v1", {place(i, static_cast<std::int64_t>(1000 * i))}));                 \
    EXPECT_EQ(times(1, "v1"), (std::vector<std::int64_t>{3000, 4000, 5000, 6000, 7000}));                 \
    ASSERT_FALSE(extend(*here, "v1", {place(0, 500)}));                                                   \
    EXPECT_EQ(times(1, "v1").front(), 3000) << "too old";                                                 \
    for (const auto* device : {"v2", "v3", "v2", "v1", "v4"}) {                                           \
      let_pass(std::chrono::milliseconds{3});                                                             \
      ASSERT_FALSE(extend(*here, device, {place(8, 8000)}));                                              \
    }                                                                                                     \
    EXPECT_EQ(devices(1), (std::vector<std::string>{"v1", "v2", "v4"}));                                  \
    EXPECT_TRUE(times(1, "v3").empty());                                                                  \
  }
