#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/transcode/transcoder.hpp"

#include "source_file.hpp"
#include "support/boxes.hpp"
#include "support/recording_part_sink.hpp"
#include "support/temporary_directory.hpp"
#include "transcode/fragment_muxer.hpp"

namespace levee::transcode {
namespace {

using media::kTimescale;
using media::MediaTime;
using testing::ElementsAre;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using Rendition = test::RecordingPartSink::Rendition;

const WallTime kNoon{12h};

/// Rungs for small pictures, and queues that never drop: tests feed faster than real time.
Settings small_ladder() {
  Settings settings;
  settings.ladder.rungs = {{.name = "180p", .height = 180, .bitrate = 200'000, .preset = "ultrafast"},
                           {.name = "90p", .height = 90, .bitrate = 100'000, .preset = "ultrafast"}};
  settings.queue_time = 1h;
  settings.queue_bytes = std::size_t{1} << 30;
  settings.shedding.shed_lag = 3600 * kTimescale;
  settings.finish_limit = 60s;
  return settings;
}

/// The test's own thread as a stream's home shard.
class Home {
 public:
  hls::PostHome post() {
    return [this](std::function<void()> work) {
      const std::lock_guard lock{mutex_};
      work_.push_back(std::move(work));
      changed_.notify_one();
    };
  }
  /// Runs what is posted until `condition` holds.
  void run_until(const std::function<bool()>& condition) {
    while (!condition()) {
      std::unique_lock lock{mutex_};
      ASSERT_TRUE(changed_.wait_for(lock, 60s, [this] { return !work_.empty(); })) << "nothing was posted";
      auto work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
};

struct Show {
  explicit Show(Settings settings = small_ladder()) : transcoder{std::move(settings), hls::Settings{}} {
    pipeline = transcoder.make_pipeline("show", home.post(), sink);
  }
  void begin(const SourceFile& source, WallTime at = kNoon) {
    pipeline->begin(source.video, source.audio, source.frame_rate, at);
  }
  void play(const std::vector<media::Packet>& packets) {
    for (const auto& packet : packets) pipeline->packet(packet);
  }
  void finish() {
    bool done = false;
    pipeline->finish([&done] { done = true; });
    home.run_until([&done] { return done; });
  }
  const Rendition& operator[](const std::string& name) { return sink.renditions[name]; }

  Home home;
  test::RecordingPartSink sink;
  Transcoder transcoder;
  std::unique_ptr<hls::Pipeline> pipeline;
};

SourceRecipe recipe_360p() {
  SourceRecipe recipe;
  recipe.size = "640x360";
  return recipe;
}

/// Decodes with the ffmpeg program; any error fails. Gives size and number of pictures: "320,180,120".
std::string decoded(const Bytes& file) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("file.mp4", file);
  test::run_command("ffmpeg -v error -xerror -err_detect explode -i " + path + " -f null -");
  auto text = test::run_command(
      "ffprobe -v error -count_frames -select_streams v:0 -show_entries stream=width,height,nb_read_frames "
      "-of csv=p=0 " +
      path);
  return text.substr(0, text.find('\n'));
}

void expect_same_cuts(const Rendition& one, const Rendition& other) {
  ASSERT_EQ(one.parts.size(), other.parts.size());
  for (std::size_t i = 0; i < one.parts.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(one.parts[i].msn, other.parts[i].msn);
    EXPECT_EQ(one.parts[i].start, other.parts[i].start);
    EXPECT_EQ(one.parts[i].duration, other.parts[i].duration);
    EXPECT_EQ(one.parts[i].begins_segment, other.parts[i].begins_segment);
    EXPECT_EQ(one.parts[i].ends_segment, other.parts[i].ends_segment);
    EXPECT_EQ(one.parts[i].discontinuity, other.parts[i].discontinuity);
    EXPECT_EQ(one.parts[i].program_date_time, other.parts[i].program_date_time);
  }
}

void expect_media_at_cuts(const Rendition& rendition) {
  for (const auto& part : rendition.parts) {
    if (part.gap) continue;
    const auto fragment = test::parse_fragment(*part.data);
    const auto* video = fragment.track(1);
    ASSERT_TRUE(video);
    EXPECT_EQ(video->tfdt + video->samples.front().cts, part.start + FragmentMuxer::kBase);
    EXPECT_EQ(video->end(), part.start + part.duration + FragmentMuxer::kBase);
    EXPECT_EQ(video->samples.front().sync, part.independent);
    if (part.begins_segment) {
      EXPECT_TRUE(part.independent);
    }
  }
}

int gaps(const Rendition& rendition) {
  return static_cast<int>(std::ranges::count_if(rendition.parts, &hls::Part::gap));
}

TEST(Ladder, EncodesEachRungWithTheCutsOfTheSource) {
  const auto source = make_source(recipe_360p());
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.finish();
  for (const auto* name : {"180p", "90p"}) {
    SCOPED_TRACE(name);
    ASSERT_EQ(show[name].inits.size(), 1u);
    EXPECT_EQ(gaps(show[name]), 0);
    expect_same_cuts(show["source"], show[name]);
    expect_media_at_cuts(show[name]);
  }
  EXPECT_EQ(decoded(show["180p"].file()), "320,180,120");
  EXPECT_EQ(decoded(show["90p"].file(0, 1)), "160,90,60");
  EXPECT_THAT(show["180p"].infos[0].codecs, testing::MatchesRegex("avc1.[0-9a-f]+,mp4a.40.2"));
  EXPECT_EQ(show["180p"].infos[0].width, 320u);
}

TEST(Ladder, CarriesTheSameAudioInEachRendition) {
  const auto source = make_source(recipe_360p());
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.finish();
  for (std::size_t i = 0; i < show["source"].parts.size(); ++i) {
    const auto original = test::parse_fragment(*show["source"].parts[i].data);
    const auto encoded = test::parse_fragment(*show["90p"].parts[i].data);
    ASSERT_TRUE(original.track(2) && encoded.track(2));
    EXPECT_EQ(original.track(2)->tfdt, encoded.track(2)->tfdt);
    EXPECT_EQ(original.track(2)->end(), encoded.track(2)->end());
  }
}

TEST(Ladder, LeavesOutFramesAboveTheRungsRate) {
  auto recipe = recipe_360p();
  recipe.rate = 60;
  recipe.x264 = "-preset superfast -g 120 -keyint_min 120 -sc_threshold 0 -bf 2";
  const auto source = make_source(recipe);
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.finish();
  EXPECT_EQ(decoded(show["180p"].file()), "320,180,120");
  EXPECT_DOUBLE_EQ(show["180p"].infos[0].frame_rate, 30);
  expect_same_cuts(show["source"], show["180p"]);
}

TEST(Ladder, HasOnlyRungsSmallerThanTheSource) {
  const auto source = make_source();
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.finish();
  EXPECT_FALSE(show.sink.renditions.contains("180p"));
  EXPECT_TRUE(show.sink.renditions.contains("90p"));
}

TEST(Ladder, TakesTheWidthOfAPortraitPictureForItsHeight) {
  SourceRecipe recipe;
  recipe.size = "360x640";
  const auto source = make_source(recipe);
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.finish();
  EXPECT_EQ(decoded(show["180p"].file()), "180,320,120");
}

TEST(Ladder, KeepsTheShapeOfPixels) {
  auto recipe = recipe_360p();
  recipe.filter = ",setsar=4/3";
  const auto source = make_source(recipe);
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.finish();
  const test::TemporaryDirectory directory;
  const auto path = directory.write("file.mp4", show["180p"].file());
  EXPECT_THAT(test::run_command("ffprobe -v error -select_streams v -show_entries stream=sample_aspect_ratio "
                                "-of csv=p=0 " +
                                path),
              testing::StartsWith("4:3"));
}

TEST(Ladder, GoesOnWithTheSameInitWhenThePublisherReturns) {
  const auto source = make_source(recipe_360p());
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.begin(source, kNoon + 60s);
  show.play(source.later(60 * kTimescale));
  show.finish();
  EXPECT_EQ(show["180p"].inits.size(), 1u);
  EXPECT_EQ(show["180p"].parts.size(), 24u);
  EXPECT_TRUE(show["180p"].parts[12].discontinuity);
  EXPECT_EQ(gaps(show["180p"]), 0);
  expect_same_cuts(show["source"], show["180p"]);
  EXPECT_EQ(decoded(show["180p"].file()), "320,180,240");
}

TEST(Ladder, SurvivesAChangeOfResolution) {
  const auto large = make_source(recipe_360p());
  SourceRecipe recipe;
  recipe.size = "480x360";
  const auto other = make_source(recipe);
  Show show;
  show.begin(large);
  show.play(large.packets);
  show.begin(other);
  show.play(other.later(10 * kTimescale));
  show.finish();
  ASSERT_EQ(show["180p"].inits.size(), 2u);
  EXPECT_EQ(show["180p"].infos[1].width, 240u);
  EXPECT_EQ(decoded(show["180p"].file(1)), "240,180,120");
  expect_same_cuts(show["source"], show["180p"]);
}

TEST(Ladder, TurnsARungIntoGapsWhenTheSourceHasBecomeTooSmall) {
  const auto large = make_source(recipe_360p());
  const auto small = make_source();
  Show show;
  show.begin(large);
  show.play(large.packets);
  show.begin(small);
  show.play(small.later(10 * kTimescale));
  show.finish();
  EXPECT_THAT(show["180p"].offers, ElementsAre(false));
  EXPECT_EQ(gaps(show["180p"]), 12);
  expect_same_cuts(show["source"], show["180p"]);
  EXPECT_EQ(gaps(show["90p"]), 0);
}

TEST(Ladder, LivesThroughDamagedPackets) {
  const auto source = make_source(recipe_360p());
  Show show;
  show.begin(source);
  int number = 0;
  for (auto packet : source.packets) {
    if (packet.track == media::TrackKind::video && packet.dts > 3 * kTimescale / 2 && ++number % 3 == 0) {
      auto damaged = *packet.data;
      for (std::size_t i = 4; i < damaged.size(); ++i) damaged[i] ^= std::byte{0x5a};
      packet.data = share(std::move(damaged));
    }
    show.pipeline->packet(packet);
  }
  show.play(source.later(4 * kTimescale));
  show.finish();
  EXPECT_EQ(gaps(show["source"]), 0);
  expect_same_cuts(show["source"], show["180p"]);
  EXPECT_FALSE(show["180p"].parts.back().gap) << "it came back with a key frame";
}

TEST(Ladder, ReplacesASourceWhoseKeyFramesAreTooFarApart) {
  auto recipe = recipe_360p();
  recipe.seconds = 12;
  recipe.x264 = "-preset superfast -g 250 -keyint_min 250 -sc_threshold 0 -bf 2";
  const auto source = make_source(recipe);
  Show show;
  show.begin(source);
  show.play(source.packets);
  show.finish();
  const auto& replaced = show["source"];
  ASSERT_EQ(replaced.inits.size(), 2u);
  EXPECT_EQ(replaced.infos[1].height, 360u);
  EXPECT_EQ(gaps(replaced), 0);
  for (const auto& part : replaced.parts) {
    if (!part.begins_segment) continue;
    EXPECT_TRUE(part.independent) << part.msn;
    EXPECT_EQ(part.discontinuity, part.msn == 1) << part.msn;
  }
  for (const auto* name : {"180p", "90p", "audio"}) {
    SCOPED_TRACE(name);
    expect_same_cuts(replaced, show[name]);
    EXPECT_EQ(gaps(show[name]), 0);
  }
  expect_media_at_cuts(show["180p"]);
  EXPECT_EQ(decoded(show["180p"].file()), "320,180,360");
  const auto first = std::ranges::count_if(replaced.parts, [](const auto& part) { return part.msn == 0; });
  EXPECT_EQ(static_cast<std::size_t>(first), std::ranges::count(replaced.init_of_part, 0u));
  EXPECT_THAT(decoded(replaced.file(1)), testing::StartsWith("640,360,2"));
}

TEST(Ladder, PassesTheSourceThroughAgainAfterTheNextBegin) {
  auto recipe = recipe_360p();
  recipe.seconds = 6;
  recipe.x264 = "-preset superfast -g 250 -keyint_min 250 -sc_threshold 0 -bf 2";
  const auto slow = make_source(recipe);
  const auto good = make_source(recipe_360p());
  Show show;
  show.begin(slow);
  show.play(slow.packets);
  show.begin(good);
  show.play(good.later(20 * kTimescale));
  show.finish();
  EXPECT_EQ(show["source"].inits.size(), 3u);
  EXPECT_EQ(gaps(show["source"]), 0);
  expect_same_cuts(show["source"], show["180p"]);
  EXPECT_EQ(decoded(show["source"].file(2)), "640,360,120");
}

TEST(Ladder, PlaysOnlyTheSourceWhenItIsSwitchedOff) {
  auto settings = small_ladder();
  settings.ladder.enabled = false;
  auto recipe = recipe_360p();
  recipe.seconds = 6;
  recipe.x264 = "-preset superfast -g 250 -keyint_min 250 -sc_threshold 0";
  const auto source = make_source(recipe);
  Show show{settings};
  show.begin(source);
  show.play(source.packets);
  show.finish();
  EXPECT_EQ(show["source"].inits.size(), 1u);
  EXPECT_EQ(show.sink.renditions.size(), 2u);
  EXPECT_FALSE(show["source"].parts.back().gap);
}

TEST(Ladder, ShedsAndRestoresARungOnTheSourcesSchedule) {
  const auto source = make_source(recipe_360p());
  auto settings = small_ladder();
  // Fed at once, every rung is hopelessly late and must go.
  settings.shedding.shed_lag = kTimescale / 2;
  settings.shedding.restore_lag = kTimescale;
  settings.shedding.settle = Duration{};
  settings.shedding.restore_after = Duration{};
  settings.shedding.headroom = 1e9;
  Show show{settings};
  show.begin(source);
  // A rung is only taken from those who could have it: its first part comes before the flood.
  const auto flood = std::ranges::find_if(source.packets, [&](const auto& packet) {
    return packet.dts > source.packets.front().dts + kTimescale * 9 / 20;
  });
  show.play({source.packets.begin(), flood});
  show.home.run_until([&show] { return !show["180p"].parts.empty(); });
  show.play({flood, source.packets.end()});
  show.play(source.later(4 * kTimescale));
  show.finish();
  const auto& top = show["180p"];
  ASSERT_GE(top.offers.size(), 1u);
  EXPECT_FALSE(top.offers.front());
  EXPECT_GT(gaps(top), 0);
  EXPECT_EQ(gaps(show["source"]), 0);
  const auto& source_parts = show["source"].parts;
  ASSERT_LE(top.parts.size(), source_parts.size());
  const auto skipped = source_parts.size() - top.parts.size();
  for (std::size_t i = 0; i < top.parts.size(); ++i) {
    EXPECT_EQ(top.parts[i].start, source_parts[i + skipped].start);
    if (!top.parts[i].gap && (i == 0 || top.parts[i - 1].gap)) {
      EXPECT_TRUE(top.parts[i].independent && top.parts[i].begins_segment);
    }
  }
}

TEST(Ladder, DropsToTheNextKeyFrameWhenTheQueueIsFull) {
  const auto source = make_source(recipe_360p());
  auto settings = small_ladder();
  settings.queue_time = std::chrono::milliseconds{500};
  Show show{settings};
  show.begin(source);
  for (int i = 0; i < 5; ++i) show.play(source.later(i * 4 * kTimescale));
  show.finish();
  MetricsText metrics;
  show.transcoder.write_metrics(metrics);
  EXPECT_THAT(metrics.text(), testing::Not(testing::HasSubstr("levee_transcode_packets_dropped_total 0\n")));
  EXPECT_EQ(gaps(show["source"]), 0);
  EXPECT_EQ(show["source"].parts.size(), 60u);
}

TEST(Ladder, IsAbandonedWithoutWaiting) {
  const auto source = make_source(recipe_360p());
  for (int i = 0; i < 5; ++i) {
    Show show;
    show.begin(source);
    show.play(source.packets);
    std::this_thread::sleep_for(std::chrono::milliseconds{20 * i});
    show.pipeline.reset();
    const auto parts = show["180p"].parts.size();
    bool ran = false;
    show.home.post()([&ran] { ran = true; });
    show.home.run_until([&ran] { return ran; });
    EXPECT_EQ(show["180p"].parts.size(), parts) << "what was posted before came to nothing";
  }
}

}  // namespace
}  // namespace levee::transcode
