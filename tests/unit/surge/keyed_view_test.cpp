#include "surge/keyed_view.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;
constexpr std::int64_t kServerMs = 5'000'000;  ///< what the server's clock says at kStart

/// A watcher of three keys, whose server is heard.
class KeyedViewTest : public testing::Test {
 protected:
  KeyedViewTest() {
    life.begin(now_, kServerMs, 1s, now_);
    say(R"({"sync":{"ch":"feed:a","e":"x","o":9,"recovered":false,"n":2,"hb":1000}})");
    say(R"({"ch":"feed:a","o":9,"s":1,"r":[{"k":"k0","q":[1,5],"t":5000000,"age":0,"ttl":3000,"d":{"n":5}},)"
        R"({"k":"k1","q":[1,4],"t":5000000,"age":0,"ttl":3000,"x":"silent","d":{"n":4}}]})");
    say(R"({"sync":{"ch":"feed:a","e":"x","o":9,"recovered":false}})");
  }

  bool say(const std::string& text) { return view.take(frames_.read(text), life, now_); }
  void pass(Duration time) { now_ += time; }
  void beat() { life.beat(kServerMs + (now_ - kStart) / 1ms, now_); }
  bool live(std::size_t key) const { return view.live(key, life, now_); }

  TimePoint now_ = kStart;
  ServerLife life;
  KeyedView view{3};
  KeyedFrames frames_;
};

TEST_F(KeyedViewTest, ShowsAsLiveWhatIsVouchedForAndNothingElse) {
  EXPECT_TRUE(live(0));
  EXPECT_FALSE(live(1)) << "marked";
  EXPECT_FALSE(live(2)) << "never heard of";
  pass(2900ms);
  beat();
  EXPECT_TRUE(live(0));
  pass(200ms);
  beat();
  EXPECT_FALSE(live(0)) << "past its limit";
  EXPECT_TRUE(say(R"({"ch":"feed:a","o":10,"p":9,"v":5003100,"r":[]})"));
  EXPECT_TRUE(live(0)) << "its publisher vouched for it";
}

TEST_F(KeyedViewTest, TakesWhatOneMessageChangedInPieces) {
  EXPECT_TRUE(say(
      R"({"ch":"feed:a","o":9,"p":9,"r":[{"k":"k0","q":[1,6],"t":5000000,"ttl":3000,"x":"gone","d":{"n":6}}]})"));
  EXPECT_FALSE(live(0));
  EXPECT_TRUE(say(R"({"ch":"feed:a","o":10,"p":9,"r":[{"k":"k1"}]})"));
  EXPECT_TRUE(live(1));
  EXPECT_TRUE(say(R"({"ch":"feed:a","o":9,"p":9,"r":[{"k":"k0"}]})"));
  EXPECT_FALSE(live(0)) << "it is past that";
  EXPECT_FALSE(say(R"({"ch":"feed:a","o":12,"p":12,"r":[]})")) << "something was missed";
}

TEST_F(KeyedViewTest, IsStaleWithoutFreshHeartbeats) {
  EXPECT_TRUE(
      say(R"({"ch":"feed:a","o":10,"p":9,"r":[{"k":"k0","q":[1,6],"t":5000000,"ttl":60000,"d":{"n":6}}]})"));
  pass(2600ms);
  EXPECT_FALSE(live(0));
  life.beat(kServerMs, now_);
  EXPECT_FALSE(live(0)) << "it was 2.6 s on its way: no sign of life";
  beat();
  EXPECT_TRUE(live(0));
}

TEST_F(KeyedViewTest, IsStaleAfterALossUntilTheSnapshotIsWhole) {
  view.lost();
  life.lost();
  EXPECT_FALSE(live(0));
  life.begin(now_, kServerMs, 1s, now_);
  EXPECT_FALSE(live(0));
  EXPECT_EQ(view.wanted("feed:a"), R"({"ch":"feed:a","pos":{"e":"x","o":9}})");
  say(R"({"sync":{"ch":"feed:a","e":"x","o":9,"recovered":true,"n":2,"hb":1000}})");
  EXPECT_FALSE(live(0));
  say(R"({"sync":{"ch":"feed:a","e":"x","o":9,"recovered":true}})");
  EXPECT_TRUE(live(0));
}

TEST_F(KeyedViewTest, FindsAHoleByTheFrameBefore) {
  EXPECT_FALSE(say(R"({"ch":"feed:a","o":12,"p":10,"r":[]})"));
  EXPECT_EQ(view.faults().missed, 1u);
  EXPECT_FALSE(live(0));
}

TEST_F(KeyedViewTest, FindsAHoleByAHeartbeatWhoseTopNeverCame) {
  EXPECT_TRUE(say(R"({"hb":{"t":5000000,"win":250,"top":{"feed:a":["x",10]}}})"));
  EXPECT_TRUE(view.check(now_ + 900ms));
  EXPECT_FALSE(view.check(now_ + 1s));
  EXPECT_EQ(view.faults().missed, 1u);
}

TEST_F(KeyedViewTest, CountsWhatComesTwiceOrBackwards) {
  say(R"({"ch":"feed:a","o":10,"p":9,"r":[{"k":"k0","q":[1,5],"t":5000000,"ttl":3000,"d":{"n":5}}]})");
  EXPECT_EQ(view.faults().duplicates, 1u);
  say(R"({"ch":"feed:a","o":11,"p":10,"r":[{"k":"k0","q":[1,4],"t":5000000,"ttl":3000,"d":{"n":4}}]})");
  EXPECT_EQ(view.faults().out_of_order, 1u);
  EXPECT_FALSE(live(0)) << "a server that forgot what it said can't vouch for it";
}

TEST(KeyedFrames, AreReadOnceForAllWhoGetThem) {
  KeyedFrames frames;
  const std::string text = R"({"ch":"feed:a","o":10,"p":9,"r":[{"k":"k17","x":"gone"},{"k":"other"}]})";
  const auto* first = &frames.read(text);
  ASSERT_EQ(first->records.size(), 1u);
  EXPECT_EQ(first->records[0].key, 17u);
  EXPECT_TRUE(first->records[0].marked);
  EXPECT_EQ(&frames.read(std::string{text}), first);
  EXPECT_EQ(frames.read("no JSON").kind, KeyedFrame::Kind::other);
}

}  // namespace
}  // namespace levee::surge
