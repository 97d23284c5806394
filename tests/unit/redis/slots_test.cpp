#include "redis/slots.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "redis/keys.hpp"
#include "redis/lane.hpp"

namespace levee::redis {
namespace {

const Endpoint kAsked{"10.0.0.9", "7000"};

Reply text(std::string words) { return {Reply::Type::text, std::move(words), 0, {}}; }
Reply number(std::int64_t value) { return {Reply::Type::integer, "", value, {}}; }
Reply list(std::vector<Reply> all) { return {Reply::Type::list, "", 0, std::move(all)}; }
Reply range(std::int64_t first, std::int64_t last, Reply host, std::int64_t port) {
  return list({number(first), number(last), list({std::move(host), number(port), text("id"), list({})})});
}

TEST(Slots, AreTheChecksumOfTheKey) {
  // Source: Redis cluster specification, appendix A, and the documentation of CLUSTER KEYSLOT.
  EXPECT_EQ(slot_of("123456789"), 0x31c3);
  EXPECT_EQ(slot_of("somekey"), 11058);
  EXPECT_EQ(slot_of("foo{hash_tag}"), 2515);
  EXPECT_EQ(slot_of("bar{hash_tag}"), 2515);
  EXPECT_EQ(slot_of(""), 0);
  EXPECT_EQ(slot_of("\xff\x80"), slot_of("{\xff\x80}"));
}

TEST(Slots, AreThoseOfTheFirstTagIfThereIsSomethingInIt) {
  EXPECT_EQ(hash_tag("{user1000}.following"), "user1000");
  EXPECT_EQ(hash_tag("foo{}{bar}"), "foo{}{bar}");
  EXPECT_EQ(hash_tag("foo{{bar}}zap"), "{bar");
  EXPECT_EQ(hash_tag("foo{bar}{zap}"), "bar");
  EXPECT_EQ(hash_tag("}foo{bar"), "}foo{bar");
}

TEST(Slots, OfAllKeysOfAChannelAreOne) {
  const Keys keys{"levee"};
  const auto slot = slot_of("track:guards");
  for (const auto& key : {keys.meta("track:guards"), keys.stream("track:guards"), keys.rules("track:guards"),
                          keys.publication("track:guards", "a/1"), keys.wait("track:guards", "ann"),
                          keys.members_of("track:guards", "n1"), keys.trail_places("track:guards", "v1")})
    EXPECT_EQ(slot_of(key), slot) << key;
}

TEST(SlotMap, TellsWhoHasASlot) {
  const auto map =
      SlotMap::read(list({range(0, 5460, text("10.0.0.1"), 6379), range(5461, 5461, text(""), 7001),
                          range(5462, 5462, Reply{}, 7002), range(16383, 16383, text("::1"), 6379)}),
                    kAsked);
  ASSERT_TRUE(map);
  EXPECT_EQ(*map->master(5460), (Endpoint{"10.0.0.1", "6379"}));
  EXPECT_EQ(*map->master(5461), (Endpoint{"10.0.0.9", "7001"})) << "the host that was asked";
  EXPECT_EQ(*map->master(5462), (Endpoint{"10.0.0.9", "7002"}));
  EXPECT_EQ(map->master(5463), nullptr);
  EXPECT_EQ(*map->master(16383), (Endpoint{"::1", "6379"}));
  EXPECT_EQ(map->covered(), 5464u);
  EXPECT_EQ(map->masters().size(), 4u);
}

TEST(SlotMap, GivesTheSlotsOfAMasterOfNoKnownHostToNobody) {
  const auto map = SlotMap::read(list({range(0, 9, text("?"), 6379)}), kAsked);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->covered(), 0u);
}

TEST(SlotMap, RefusesWhatIsNone) {
  const auto host = text("h");
  const std::vector<Reply> bad{text("no"),
                               list({number(1)}),
                               list({list({number(0), number(1)})}),
                               list({range(0, 16384, host, 6379)}),
                               list({range(-1, 3, host, 6379)}),
                               list({range(5, 4, host, 6379)}),
                               list({range(0, 1, host, 0)}),
                               list({range(0, 1, host, 65536)}),
                               list({range(0, 1, list({}), 6379)}),
                               list({range(0, 5, host, 6379), range(5, 9, text("i"), 6379)})};
  for (std::size_t i = 0; i < bad.size(); ++i)
    EXPECT_EQ(SlotMap::read(bad[i], kAsked).error(), Errc::protocol) << i;
  std::vector<Reply> many;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(SlotMap::kMaxMasters); ++i)
    many.push_back(range(i, i, host, i + 1));
  EXPECT_EQ(SlotMap::read(list(many), kAsked).error(), Errc::protocol);
  many.pop_back();
  EXPECT_TRUE(SlotMap::read(list(many), kAsked));
}

TEST(SlotMap, KnowsWhatChanged) {
  auto before =
      SlotMap::read(list({range(0, 99, text("a"), 1), range(100, 199, text("b"), 1)}), kAsked).value();
  auto after = before;
  EXPECT_TRUE(after.changed(before).none());
  EXPECT_FALSE(after.assign(7, {"b", "1"}));
  EXPECT_FALSE(after.assign(300, {"c", "1"}));
  const auto changed = after.changed(before);
  EXPECT_EQ(changed.count(), 2u);
  EXPECT_TRUE(changed[7] && changed[300]);
  EXPECT_EQ(before.changed(after), changed);
  EXPECT_TRUE(after.has({"c", "1"}));
  EXPECT_FALSE(before.has({"c", "1"}));
}

TEST(Redirection, SaysWhereToAndForHowLong) {
  using What = Redirection::What;
  const auto moved = parse_redirection("MOVED 3999 127.0.0.1:6381").value();
  EXPECT_EQ(moved.what, What::moved);
  EXPECT_EQ(moved.to, (Endpoint{"127.0.0.1", "6381"}));
  const auto ask = parse_redirection("ASK 3999 ::1:6381").value();
  EXPECT_EQ(ask.what, What::ask);
  EXPECT_EQ(ask.to, (Endpoint{"::1", "6381"}));
  EXPECT_EQ(parse_redirection("MOVED 3999 :6381")->to.host, "") << "that of the one that was asked";
  EXPECT_EQ(parse_redirection("TRYAGAIN Multiple keys request during rehashing of slot")->what, What::again);
  EXPECT_EQ(parse_redirection("CLUSTERDOWN Hash slot not served")->what, What::down);
  EXPECT_EQ(parse_redirection("MOVED 1 ?:6381")->what, What::down) << "nobody knows where";
  for (const auto* other :
       {"NOSCRIPT no", "MOVED", "MOVED 1 host", "ASK 1 host:", "ASK 1 host:0", "MOVED 1 h:x", ""})
    EXPECT_FALSE(parse_redirection(other)) << other;
}

TEST(Lane, LetsEverythingThroughWhileNothingComesBack) {
  Lane<int> lane;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(lane.open());
    lane.sent();
  }
  EXPECT_FALSE(lane.idle());
  for (int i = 0; i < 3; ++i) lane.done();
  EXPECT_TRUE(lane.idle());
}

TEST(Lane, HoldsWhatCameLaterUntilAllAreBackAndKeepsTheirOrder) {
  Lane<int> lane;
  for (int i = 1; i <= 3; ++i) lane.sent();
  lane.turned_back(1);
  EXPECT_FALSE(lane.open());
  lane.wait(4);
  EXPECT_FALSE(lane.ready()) << "two are on their way";
  lane.done();  // the second was carried out
  lane.turned_back(3);
  lane.wait(5);
  ASSERT_TRUE(lane.ready());
  EXPECT_EQ(lane.take(), (std::vector<int>{1, 3, 4, 5}));
  EXPECT_TRUE(lane.idle());
}

TEST(Lane, SaysWhenTooManyWait) {
  Lane<int> lane;
  lane.sent();
  lane.turned_back(0);
  for (std::size_t i = 0; i < Lane<int>::kMaxWaiting; ++i) {
    ASSERT_FALSE(lane.full());
    lane.wait(1);
  }
  EXPECT_TRUE(lane.full());
}

}  // namespace
}  // namespace levee::redis
