#include "stream/life.hpp"

#include <gtest/gtest.h>

namespace levee::stream {
namespace {

using namespace std::chrono_literals;

constexpr Life::Settings kSettings{.grace = 30s, .takeover_after = 1s, .keep = 60s};
const TimePoint kStart{1000s};
const Life::Holder kNobody{.present = false, .finished = false, .last_packet = {}};

Life::Holder sent_at(TimePoint last_packet) {
  return {.present = true, .finished = false, .last_packet = last_packet};
}

TEST(Life, RefusesASecondPublisherWhileTheFirstOneSends) {
  Life life{kSettings};
  life.playing();
  EXPECT_EQ(life.claim(kStart + 999ms, sent_at(kStart)), Life::Claim::refuse);
}

TEST(Life, LetsASilentPublisherBeReplacedAtOnce) {
  Life life{kSettings};
  life.playing();
  EXPECT_EQ(life.claim(kStart + 1s, sent_at(kStart)), Life::Claim::take_over);
}

TEST(Life, WaitsForALostPublisherAsLongAsTheGraceAndGoesOnWhenItReturns) {
  Life life{kSettings};
  life.playing();
  life.lost(kStart);
  EXPECT_EQ(life.state(), StreamState::interrupted);
  EXPECT_EQ(life.claim(kStart + 29s, kNobody), Life::Claim::go_on);
  EXPECT_EQ(life.due(kStart + 29s), Life::Due::nothing);
  life.held();
  EXPECT_FALSE(life.deadline());
  EXPECT_EQ(life.due(kStart + 31s), Life::Due::nothing);
  life.playing();
  EXPECT_EQ(life.state(), StreamState::live);
}

TEST(Life, EndsWhenTheGraceIsOver) {
  Life life{kSettings};
  life.playing();
  life.lost(kStart);
  EXPECT_EQ(life.deadline(), kStart + 30s);
  EXPECT_EQ(life.due(kStart + 30s), Life::Due::end);
}

TEST(Life, KeepsAnEndedStreamForAWindowAndThenRemovesIt) {
  Life life{kSettings};
  life.playing();
  life.ending();
  EXPECT_TRUE(life.over());
  EXPECT_EQ(life.state(), StreamState::live);
  life.ended(kStart, true);
  EXPECT_EQ(life.state(), StreamState::ended);
  EXPECT_EQ(life.due(kStart + 59s), Life::Due::nothing);
  EXPECT_EQ(life.due(kStart + 60s), Life::Due::remove);
}

TEST(Life, BeginsANewShowWhenTheOldOneIsOver) {
  Life life{kSettings};
  life.playing();
  EXPECT_EQ(life.claim(kStart, {.present = false, .finished = true, .last_packet = kStart}),
            Life::Claim::replace);
  life.ending();
  EXPECT_EQ(life.claim(kStart, kNobody), Life::Claim::replace);
  life.ended(kStart, true);
  EXPECT_EQ(life.claim(kStart, kNobody), Life::Claim::replace);
}

TEST(Life, DoesNotWaitForAPublisherThatNeverShowedAnything) {
  Life life{kSettings};
  life.lost(kStart);
  EXPECT_EQ(life.due(kStart), Life::Due::end);
  EXPECT_EQ(life.claim(kStart, kNobody), Life::Claim::replace);
  life.ending();
  life.ended(kStart, false);
  EXPECT_EQ(life.due(kStart), Life::Due::remove);
}

TEST(Life, StaysOverWhateverComesLate) {
  Life life{kSettings};
  life.ending();
  life.playing();
  life.lost(kStart);
  life.held();
  EXPECT_TRUE(life.over());
  EXPECT_FALSE(life.deadline());
}

}  // namespace
}  // namespace levee::stream
