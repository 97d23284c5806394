#include "levee/admission/play_out.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

using test::kStart;

// A viewer that begins 1.5 s behind the live edge: three parts of 500 ms at once.
PlayOut begun() {
  PlayOut viewer;
  for (int part = 0; part < 3; ++part)
    viewer.sent(kStart + part * 500ms - 1500ms, kStart + (part + 1) * 500ms - 1500ms, kStart);
  return viewer;
}

TEST(PlayOut, KnowsABufferByWhatWasSentAtFirst) {
  EXPECT_EQ(PlayOut{}.runs_dry(), TimePoint{});
  EXPECT_EQ(begun().runs_dry(), kStart + 1500ms);
}

TEST(PlayOut, KeepsABufferThatIsFilledAsItIsPlayed) {
  PlayOut viewer = begun();
  for (int part = 1; part < 100; ++part) {
    const auto made = kStart + part * 500ms;
    viewer.sent(made - 500ms, made, made + (part % 7) * 100ms);  // sooner or later, within the buffer
    EXPECT_EQ(viewer.runs_dry() - made, 1500ms) << part;
  }
}

TEST(PlayOut, PlaysLaterAfterItRanDry) {
  PlayOut viewer = begun();
  viewer.sent(kStart, kStart + 500ms, kStart + 4s);
  EXPECT_EQ(viewer.runs_dry(), kStart + 4500ms) << "it had been dry since 1.5 s, and plays this part now";
}

TEST(PlayOut, CountsNothingTwiceThatIsFetchedOnAnotherRung) {
  PlayOut viewer = begun();
  viewer.sent(kStart - 500ms, kStart, kStart + 10ms);
  EXPECT_EQ(viewer.runs_dry(), kStart + 1500ms);
}

TEST(PlayOut, BeginsAnewWhereThePlayerWentToTheLiveEdge) {
  PlayOut viewer = begun();
  const auto later = kStart + 60s;
  viewer.sent(later - 500ms, later, later);
  EXPECT_EQ(viewer.runs_dry(), later + 500ms);
}

}  // namespace
}  // namespace levee::admission
