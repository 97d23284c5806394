#include "levee/app/config.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::app {
namespace {

const char* const kNoEnvironment[] = {nullptr};

std::string shipped_file() { return LEVEE_SOURCE_DIR "/config/levee.toml"; }

LoadedConfig load_with(std::vector<std::pair<std::string, std::string>> overrides) {
  CommandLine line;
  line.overrides = std::move(overrides);
  return load_config(line, kNoEnvironment);
}

void expect_equal(const Config& a, const Config& b) {
  EXPECT_EQ(a.log.level, b.log.level);
  EXPECT_EQ(a.log.format, b.log.format);
  EXPECT_EQ(a.threads, b.threads);
  EXPECT_EQ(a.publish_keys.size(), b.publish_keys.size());
  EXPECT_EQ(a.redis_url, b.redis_url);
  EXPECT_EQ(a.stream.grace, b.stream.grace);
  EXPECT_EQ(a.stream.takeover_after, b.stream.takeover_after);
  EXPECT_EQ(a.stream.max_streams, b.stream.max_streams);
  EXPECT_EQ(a.stream.hls.segment, b.stream.hls.segment);
  EXPECT_EQ(a.stream.hls.part, b.stream.hls.part);
  EXPECT_EQ(a.stream.hls.window, b.stream.hls.window);
}

void expect_equal(const media::Ladder& a, const media::Ladder& b) {
  EXPECT_EQ(a.enabled, b.enabled);
  EXPECT_EQ(a.audio_only, b.audio_only);
  ASSERT_EQ(a.rungs.size(), b.rungs.size());
  for (std::size_t i = 0; i < a.rungs.size(); ++i) {
    EXPECT_EQ(a.rungs[i].name, b.rungs[i].name);
    EXPECT_EQ(a.rungs[i].height, b.rungs[i].height);
    EXPECT_EQ(a.rungs[i].bitrate, b.rungs[i].bitrate);
    EXPECT_EQ(a.rungs[i].max_frame_rate, b.rungs[i].max_frame_rate);
    EXPECT_EQ(a.rungs[i].preset, b.rungs[i].preset);
  }
}

void expect_equal(const ingest::Settings& a, const ingest::Settings& b) {
  EXPECT_EQ(a.rtmp.enabled, b.rtmp.enabled);
  EXPECT_EQ(a.rtmp.address, b.rtmp.address);
  EXPECT_EQ(a.rtmp.port, b.rtmp.port);
  EXPECT_EQ(a.rtmp.app, b.rtmp.app);
  EXPECT_EQ(a.rtmp.publish_timeout, b.rtmp.publish_timeout);
  EXPECT_EQ(a.rtmp.idle_timeout, b.rtmp.idle_timeout);
  EXPECT_EQ(a.rtmp.write_timeout, b.rtmp.write_timeout);
  EXPECT_EQ(a.rtmp.max_connections, b.rtmp.max_connections);
  EXPECT_EQ(a.rtmp.max_waiting_per_address, b.rtmp.max_waiting_per_address);
  EXPECT_EQ(a.srt.enabled, b.srt.enabled);
  EXPECT_EQ(a.srt.address, b.srt.address);
  EXPECT_EQ(a.srt.port, b.srt.port);
  EXPECT_EQ(a.srt.latency, b.srt.latency);
  EXPECT_EQ(a.srt.idle_timeout, b.srt.idle_timeout);
  EXPECT_EQ(a.srt.max_connections, b.srt.max_connections);
  EXPECT_EQ(a.srt.input_bytes, b.srt.input_bytes);
}

void expect_equal(const delivery::Settings& a, const delivery::Settings& b) {
  EXPECT_EQ(a.address, b.address);
  EXPECT_EQ(a.port, b.port);
  EXPECT_EQ(a.admin_address, b.admin_address);
  EXPECT_EQ(a.admin_port, b.admin_port);
  EXPECT_EQ(a.web_root, b.web_root);
  EXPECT_EQ(a.sessions, b.sessions);
  EXPECT_EQ(a.token_key, b.token_key);
  EXPECT_EQ(a.viewer_timeout, b.viewer_timeout);
  EXPECT_EQ(a.max_connections, b.max_connections);
  EXPECT_EQ(a.max_parked, b.max_parked);
  EXPECT_EQ(a.head_limit_bytes, b.head_limit_bytes);
  EXPECT_EQ(a.idle_timeout, b.idle_timeout);
  EXPECT_EQ(a.head_timeout, b.head_timeout);
  EXPECT_EQ(a.write_timeout, b.write_timeout);
}

void expect_equal(const delivery::RealtimeSettings& a, const delivery::RealtimeSettings& b) {
  EXPECT_EQ(a.max_connections, b.max_connections);
  EXPECT_EQ(a.hub.takes_back_per_second, b.hub.takes_back_per_second);
  EXPECT_EQ(a.hub.hellos.resume, b.hub.hellos.resume);
  EXPECT_EQ(a.hub.hellos.known, b.hub.hellos.known);
  EXPECT_EQ(a.hub.hellos.cold, b.hub.hellos.cold);
}

TEST(Config, TheShippedFileHoldsExactlyTheDefaultsButForOpenPublishing) {
  CommandLine line;
  line.config_file = shipped_file();
  const auto loaded = load_config(line, kNoEnvironment);
  EXPECT_THAT(loaded.faults, testing::IsEmpty());
  const Config defaults;
  EXPECT_TRUE(loaded.config.publish_open);
  EXPECT_FALSE(defaults.publish_open);
  expect_equal(loaded.config, defaults);
  expect_equal(loaded.config.transcode.ladder, defaults.transcode.ladder);
  EXPECT_EQ(loaded.config.transcode.niceness, defaults.transcode.niceness);
  EXPECT_EQ(loaded.config.transcode.idle_only, defaults.transcode.idle_only);
  EXPECT_EQ(loaded.config.transcode.queue_time, defaults.transcode.queue_time);
  expect_equal(loaded.config.ingest, defaults.ingest);
  expect_equal(loaded.config.delivery, defaults.delivery);
  expect_equal(loaded.config.realtime, defaults.realtime);
  EXPECT_EQ(loaded.config.blocked_words, defaults.blocked_words);
  EXPECT_EQ(loaded.config.identities.hs256_secret, defaults.identities.hs256_secret);
  EXPECT_EQ(loaded.config.identities.ed25519_public_key, defaults.identities.ed25519_public_key);
  EXPECT_EQ(loaded.config.bus_state_file, defaults.bus_state_file);
  EXPECT_EQ(loaded.config.redis_ca_file, defaults.redis_ca_file);
}

TEST(Config, TheShippedFileNamesEverySetting) {
  std::ifstream file{shipped_file()};
  std::string section;
  std::vector<std::string> named;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
    const auto equals = line.find(" =");
    if (!line.empty() && std::isalpha(static_cast<unsigned char>(line[0])) && equals != std::string::npos) {
      named.push_back(section + "." + line.substr(0, equals));
    }
  }
  Config config;
  EXPECT_THAT(named, testing::UnorderedElementsAreArray(settings_of(config).keys()));
}

TEST(Config, SaysThatAKeyOfIdentitiesIsNone) {
  CommandLine line;
  line.overrides = {{"auth.ed25519_public_key", "x"}, {"chat.blocked_words", "[1]"}};
  const auto loaded = load_config(line, kNoEnvironment);
  EXPECT_THAT(loaded.faults, testing::ElementsAre(testing::HasSubstr("chat.blocked_words")));
  line.overrides.pop_back();
  EXPECT_THAT(load_config(line, kNoEnvironment).faults,
              testing::ElementsAre(testing::HasSubstr("auth.ed25519_public_key")));
}

TEST(Config, SaysThatAFileCannotBeRead) {
  CommandLine line;
  line.config_file = "/nonexistent/levee.toml";
  EXPECT_THAT(load_config(line, kNoEnvironment).faults,
              testing::ElementsAre("/nonexistent/levee.toml: cannot be read"));
}

TEST(Config, TheEnvironmentOverridesTheFileAndArgumentsOverrideBoth) {
  CommandLine line;
  line.config_file = shipped_file();
  line.overrides = {{"rtmp.port", "3"}};
  const char* environment[] = {"LEVEE_RTMP_PORT=2", "LEVEE_SRT_PORT=4", nullptr};
  const auto loaded = load_config(line, environment);
  EXPECT_THAT(loaded.faults, testing::IsEmpty());
  EXPECT_EQ(loaded.config.ingest.rtmp.port, 3);
  EXPECT_EQ(loaded.config.ingest.srt.port, 4);
}

TEST(Config, ReadsKeysAndRungs) {
  const auto loaded =
      load_with({{"publish.keys", R"([{key="s1", name="one"}, {key="s2", name="two"}])"},
                 {"ladder.rungs",
                  R"([{height=540, bitrate_bps=900000}, {name="low", height=180, bitrate_bps=150000}])"}});
  EXPECT_THAT(loaded.faults, testing::IsEmpty());
  ASSERT_EQ(loaded.config.publish_keys.size(), 2u);
  EXPECT_EQ(loaded.config.publish_keys[1].name, "two");
  const auto& rungs = loaded.config.transcode.ladder.rungs;
  ASSERT_EQ(rungs.size(), 2u);
  EXPECT_EQ(rungs[0].name, "540p");
  EXPECT_EQ(rungs[1].name, "low");
  EXPECT_EQ(rungs[1].preset, "superfast");
}

TEST(Config, SaysWhatIsWrongWithKeysAndRungs) {
  EXPECT_THAT(
      load_with({{"publish.keys", R"([{key="s1"}])"}}).faults,
      testing::ElementsAre(testing::HasSubstr("publish.keys needs the name of its stream in each entry")));
  EXPECT_THAT(load_with({{"publish.keys", R"([{key="s", name="a"}, {key="s", name="b"}])"}}).faults,
              testing::ElementsAre(testing::HasSubstr("names a key twice")));
  EXPECT_THAT(load_with({{"ladder.rungs", R"([{height=5, bitrate_bps=1}])"}}).faults,
              testing::ElementsAre(testing::HasSubstr("must be")));
  EXPECT_THAT(
      load_with({{"ladder.rungs", R"([{height=480, bitrate_bps=900000}, {height=480, bitrate_bps=800000}])"}})
          .faults,
      testing::ElementsAre("ladder.rungs names \"480p\" twice, or it is a name of levee's own"));
}

TEST(Config, RefusesARedisAddressThatIsNone) {
  EXPECT_THAT(load_with({{"bus.redis_url", "localhost"}}).faults,
              testing::ElementsAre(testing::StartsWith("bus.redis_url: ")));
  EXPECT_THAT(load_with({{"bus.redis_url", "redis://localhost:6380/2"}}).faults, testing::IsEmpty());
}

TEST(Config, ChecksWhatOnlyMakesSenseTogether) {
  EXPECT_THAT(load_with({{"hls.part_ms", "800"}, {"hls.segment_ms", "1000"}}).faults,
              testing::ElementsAre("hls.part_ms must be at most half of hls.segment_ms"));
  EXPECT_THAT(load_with({{"hls.window_s", "10"}}).faults,
              testing::ElementsAre("hls.window_s must be at least 6 times hls.segment_ms"));
}

}  // namespace
}  // namespace levee::app
