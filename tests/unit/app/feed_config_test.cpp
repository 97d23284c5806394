#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/app/config.hpp"

namespace levee::app {
namespace {

using namespace std::chrono_literals;

const char* const kNothing[] = {nullptr};

LoadedConfig load_with(const std::string& key, const std::string& value) {
  CommandLine line;
  line.overrides = {{key, value}};
  return load_config(line, kNothing);
}

TEST(FeedConfig, TheShippedFileHoldsTheDefaults) {
  CommandLine line;
  line.config_file = LEVEE_SOURCE_DIR "/config/levee.toml";
  const auto shipped = load_config(line, kNothing).config.realtime.hub;
  const realtime::HubSettings defaults;
  const auto& a = shipped.track_rates;
  const auto& b = defaults.track_rates;
  EXPECT_EQ(shipped.acts.quote_life, defaults.acts.quote_life);
  EXPECT_TRUE(shipped.checkpoints.empty());
  EXPECT_EQ(a.error_m, b.error_m);
  EXPECT_EQ(a.fastest, b.fastest);
  EXPECT_EQ(a.slowest, b.slowest);
  EXPECT_EQ(a.turn_deg, b.turn_deg);
  EXPECT_EQ(a.near_m, b.near_m);
  EXPECT_EQ(a.near_time, b.near_time);
  EXPECT_EQ(a.near_interval, b.near_interval);
  EXPECT_EQ(a.still, b.still);
  EXPECT_EQ(a.parked, b.parked);
  EXPECT_EQ(a.unwatched_factor, b.unwatched_factor);
  EXPECT_EQ(a.low_battery, b.low_battery);
  EXPECT_EQ(a.low_battery_factor, b.low_battery_factor);
  EXPECT_EQ(a.flat_battery, b.flat_battery);
  EXPECT_EQ(a.flat_error_m, b.flat_error_m);
  EXPECT_EQ(a.slow_down_after, b.slow_down_after);
}

TEST(FeedConfig, ReadsCheckpoints) {
  const auto loaded = load_with(
      "track.checkpoints", R"([{ group = "guards", name = "gate", lat = 59.3, lon = 18, radius_m = 20 }])");
  ASSERT_THAT(loaded.faults, testing::IsEmpty());
  ASSERT_EQ(loaded.config.realtime.hub.checkpoints.size(), 1u);
  const auto& gate = loaded.config.realtime.hub.checkpoints.front();
  EXPECT_EQ(gate.group, "guards");
  EXPECT_EQ(gate.name, "gate");
  EXPECT_EQ(gate.place, (realtime::Place{59.3, 18}));
  EXPECT_EQ(gate.radius_m, 20);
}

TEST(FeedConfig, RefusesCheckpointsThatAreNone) {
  for (const auto* wrong : {R"([{ name = "gate", lat = 91, lon = 18 }])", R"([{ name = "gate", lat = 59 }])",
                            R"([{ lat = 59, lon = 18 }])", R"([{ name = "a b", lat = 59, lon = 18 }])",
                            R"([{ name = "gate", lat = 59, lon = 18, radius_m = 0 }])",
                            R"([{ name = "gate", lat = 59, lon = 18, height = 3 }])"}) {
    EXPECT_EQ(load_with("track.checkpoints", wrong).faults.size(), 1u) << wrong;
  }
}

}  // namespace
}  // namespace levee::app
