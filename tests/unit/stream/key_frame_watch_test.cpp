#include "stream/key_frame_watch.hpp"

#include <gtest/gtest.h>

namespace levee::stream {
namespace {

constexpr media::MediaTime kSecond = media::kTimescale;

TEST(KeyFrameWatch, IsContentWhileSegmentsCanEndAtKeyFrames) {
  KeyFrameWatch watch{hls::Settings{}};
  for (int i = 0; i < 5; ++i) watch.packet(i * 3 * kSecond, true);
  EXPECT_FALSE(watch.warning());
}

TEST(KeyFrameWatch, SaysHowFarApartKeyFramesAreAndWhatToDo) {
  KeyFrameWatch watch{hls::Settings{}};
  watch.packet(0, true);
  watch.packet(8 * kSecond + 27'000, true);
  EXPECT_EQ(watch.warning(), "key frames are 8.3 s apart; set the key frame interval to 2 s");
}

TEST(KeyFrameWatch, DoesNotWaitForTheNextKeyFrameToWarnAndForgivesWhenItIsRight) {
  KeyFrameWatch watch{hls::Settings{}};
  watch.packet(0, true);
  watch.packet(5 * kSecond, false);
  EXPECT_TRUE(watch.warning());
  watch.packet(6 * kSecond, true);
  EXPECT_TRUE(watch.warning());
  watch.packet(8 * kSecond, true);
  EXPECT_FALSE(watch.warning());
}

TEST(KeyFrameWatch, DoesNotTakeTheTimeBetweenTwoPublicationsForAnInterval) {
  KeyFrameWatch watch{hls::Settings{}};
  watch.packet(0, true);
  watch.restart();
  watch.packet(20 * kSecond, true);
  EXPECT_FALSE(watch.warning());
}

}  // namespace
}  // namespace levee::stream
