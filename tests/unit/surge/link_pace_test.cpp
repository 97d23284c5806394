#include "surge/link_pace.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;

std::size_t bytes_read(LinkPace pace, Duration time) {
  std::size_t total = 0;
  for (auto now = kStart; now < kStart + time;) {
    const auto allowed = pace.allowed(now);
    pace.took(allowed);
    total += allowed;
    now = allowed == 0 ? pace.resume_at(now) : now;
  }
  return total;
}

TEST(LinkPace, ReadsAtItsRate) {
  EXPECT_NEAR(static_cast<double>(bytes_read(LinkPace{{.rate_bps = 800'000}, kStart}, 10s)), 1'000'000,
              20'000);
}

TEST(LinkPace, DoesNotSaveUpWhatItDidNotUse) {
  LinkPace pace{{.rate_bps = 800'000}, kStart};
  pace.allowed(kStart);
  EXPECT_LE(pace.allowed(kStart + 60s), 5001u);
}

TEST(LinkPace, StopsWhileItStutters) {
  LinkPace pace{{.rate_bps = 0, .stutter_every = 5s, .stutter_for = 2s}, kStart};
  EXPECT_GT(pace.allowed(kStart + 2900ms), 0u);
  EXPECT_EQ(pace.allowed(kStart + 3100ms), 0u);
  EXPECT_EQ(pace.resume_at(kStart + 3100ms), kStart + 5s);
  EXPECT_GT(pace.allowed(kStart + 5s), 0u);
}

}  // namespace
}  // namespace levee::surge
