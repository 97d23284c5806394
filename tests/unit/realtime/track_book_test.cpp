#include "levee/realtime/track_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::realtime {
namespace {

TrackPoint point(std::uint64_t sequence, std::int64_t time_ms) {
  TrackPoint made{{1, sequence}, {}};
  made.fix.seq = sequence;
  made.fix.time_ms = time_ms;
  return made;
}

std::vector<std::uint64_t> sequences(const std::vector<DeviceTrail>& trails) {
  std::vector<std::uint64_t> all;
  for (const auto& each : trails.at(0).points) all.push_back(each.fix.seq);
  return all;
}

TEST(TrackBook, PutsWhatComesLateInItsPlace) {
  TrackBook book{{}};
  book.add("guards", "v1", point(1, 1000));
  book.add("guards", "v1", point(4, 4000));
  book.add("guards", "v1", point(2, 2000));
  book.add("guards", "v1", point(2, 1999));  // told twice
  EXPECT_THAT(sequences(book.trail("guards", "v1")), testing::ElementsAre(1, 2, 4));
  EXPECT_EQ(book.devices("guards").at(0).newest.fix.seq, 4u);
  EXPECT_TRUE(book.trail("guards", "v2").empty());
  EXPECT_TRUE(book.devices("guard").empty());
}

TEST(TrackBook, KeepsTheNewestPointsAndTheDevicesHeardOfLast) {
  TrackBook book{{3, 2}};
  for (int i = 1; i <= 5; ++i) book.add("g", "v1", point(static_cast<std::uint64_t>(i), i));
  EXPECT_THAT(sequences(book.trail("g", "v1")), testing::ElementsAre(3, 4, 5));
  book.add("g", "v2", point(1, 1));
  book.add("g", "v3", point(1, 1));
  EXPECT_TRUE(book.trail("g", "v1").empty());
  EXPECT_EQ(book.devices("g").size(), 2u);
}

}  // namespace
}  // namespace levee::realtime
