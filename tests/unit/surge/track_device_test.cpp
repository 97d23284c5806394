#include "surge/track_device.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;

TEST(DeviceState, FollowsFromAgeAndPromise) {
  EXPECT_EQ(device_state(5s, 5s), DeviceState::live);
  EXPECT_EQ(device_state(5001ms, 5s), DeviceState::aging);
  EXPECT_EQ(device_state(20s, 5s), DeviceState::aging);
  EXPECT_EQ(device_state(20'001ms, 5s), DeviceState::stale);
}

TEST(DeviceTruth, TellsTheFreshestThatAReportMayBeShownAs) {
  DeviceTruth truth;
  auto& said = truth.said.add();
  said.at = kStart;
  said.sent = kStart + 1s;
  truth.promises[1] = 5s;
  EXPECT_EQ(freshest_state(truth, 1, kStart + 1h), std::nullopt)
      << "the server may have it, and when is not known";
  said.taken = kStart + 1500ms;
  EXPECT_EQ(freshest_state(truth, 1, kStart + 5500ms), DeviceState::live) << "half a second was its way";
  EXPECT_EQ(freshest_state(truth, 1, kStart + 5510ms), DeviceState::aging);
  EXPECT_EQ(freshest_state(truth, 1, kStart + 30s), DeviceState::stale);
  EXPECT_EQ(freshest_state(truth, 2, kStart), DeviceState::stale) << "never said";
}

}  // namespace
}  // namespace levee::surge
