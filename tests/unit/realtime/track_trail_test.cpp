#include "levee/realtime/track_trail.hpp"

#include <gtest/gtest.h>

namespace levee::realtime {
namespace {

TEST(TrackTrail, APlaceIsTheSameWhenItWasTextMeanwhile) {
  TrackPoint point{{18'446'744'073'709'551'615U, 7}, {}};
  point.fix.seq = 7;
  point.fix.time_ms = -5;
  point.fix.place = {1.0 / 3, -179.999999999};
  point.fix.accuracy_m = 6.25;
  point.fix.heading_deg = 0.1;
  point.fix.source = FixSource::mock;
  point.fix.next = std::chrono::milliseconds{300'000};
  const auto again = decode_point(encode_point(point));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->version, point.version);
  EXPECT_EQ(again->fix.seq, 7u);
  EXPECT_EQ(again->fix.time_ms, -5);
  EXPECT_EQ(again->fix.place, point.fix.place);
  EXPECT_EQ(again->fix.accuracy_m, 6.25);
  EXPECT_EQ(again->fix.heading_deg, 0.1);
  EXPECT_FALSE(again->fix.battery_percent);
  EXPECT_EQ(again->fix.source, FixSource::mock);
  EXPECT_EQ(again->fix.next, point.fix.next);
}

TEST(TrackTrail, WhatIsNoPlaceIsNone) {
  EXPECT_TRUE(decode_point("1 2 3 4 5 6 7 - - moving gps 0"));
  for (const auto* text : {"", "1 2 3", "1 2 3 4 5 6 7 - - moving gps", "1 2 3 4 5 6 7 - - moving gps 0 0",
                           "1 2 3 4 5 6 7 - - flying gps 0", "x 2 3 4 5 6 7 - - moving gps 0"})
    EXPECT_FALSE(decode_point(text)) << text;
}

}  // namespace
}  // namespace levee::realtime
