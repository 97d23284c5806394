#include "surge/playlist.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLadder =
    "#EXTM3U\n"
    "#EXT-X-VERSION:6\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=4000000,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720\n"
    "v/TOKEN/source/index.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS=\"mp4a.40.2\"\n"
    "v/TOKEN/audio/index.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS=\"avc1.64001e,mp4a.40.2\",RESOLUTION=640x360\n"
    "v/TOKEN/360p/index.m3u8\n";

constexpr std::string_view kLive =
    "#EXTM3U\r\n"
    "#EXT-X-TARGETDURATION:2\r\n"
    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.05,CAN-SKIP-UNTIL=12.0\r\n"
    "#EXT-X-PART-INF:PART-TARGET=0.35\r\n"
    "#EXT-X-MEDIA-SEQUENCE:40\r\n"
    "#EXT-X-MAP:URI=\"init.mp4\"\r\n"
    "#EXT-X-PROGRAM-DATE-TIME:2026-11-25T22:45:17.500Z\r\n"
    "#EXTINF:2.0,\r\n"
    "s40.m4s\r\n"
    "#EXT-X-PART:DURATION=1.0,URI=\"s41-p0.m4s\",INDEPENDENT=YES\r\n"
    "#EXT-X-PART:DURATION=1.0,URI=\"s41-p1.m4s\"\r\n"
    "#EXTINF:2.0,\r\n"
    "s41.m4s\r\n"
    "#EXT-X-PART:DURATION=0.33,URI=\"s42-p0.m4s\",INDEPENDENT=YES\r\n"
    "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"s42-p1.m4s\"\r\n";

TEST(Playlist, ListsRungsWithAPictureFromTheLowest) {
  const auto parsed = parse_playlist(kLadder);
  ASSERT_TRUE(parsed.multivariant);
  const auto& rungs = parsed.multivariant->variants;
  ASSERT_EQ(rungs.size(), 2u);
  EXPECT_EQ(rungs[0].uri, "v/TOKEN/360p/index.m3u8");
  EXPECT_EQ(rungs[0].height, 360u);
  EXPECT_EQ(rungs[1].bandwidth, 4'000'000u);
  EXPECT_EQ(parsed.multivariant->listed_first, 1u);
}

TEST(Playlist, KeepsSegmentsPartsAndTimes) {
  const auto media = parse_playlist(kLive).media;
  ASSERT_TRUE(media);
  EXPECT_TRUE(media->can_block);
  EXPECT_EQ(media->part_hold_back, 1050ms);
  ASSERT_EQ(media->segments.size(), 3u);
  EXPECT_EQ(media->end_sequence(), 43u);
  EXPECT_EQ(media->find(41)->parts.size(), 2u);
  EXPECT_TRUE(media->find(41)->parts[0].independent);
  EXPECT_FALSE(media->find(42)->complete());
  EXPECT_EQ(media->maps[media->find(40)->map], "init.mp4");
  EXPECT_EQ(*media->find(41)->begins - *media->find(40)->begins, 2s);
  EXPECT_EQ(media->find(40)->begins->time_since_epoch(), 1795646717500ms);
  EXPECT_EQ(media->find(39), nullptr);
}

TEST(Playlist, CountsTheSegmentsThatADeltaLeavesOut) {
  const auto media = parse_playlist(
                         "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:40\n"
                         "#EXT-X-SKIP:SKIPPED-SEGMENTS=20\n#EXTINF:2,\ns60.m4s\n")
                         .media;
  ASSERT_TRUE(media);
  EXPECT_EQ(media->window_sequence, 40u);
  EXPECT_EQ(media->first_sequence, 60u);
  EXPECT_EQ(media->find(60)->uri, "s60.m4s");
}

TEST(Playlist, GivesNothingForWhatIsNone) {
  EXPECT_FALSE(parse_playlist("<html>").media);
  EXPECT_FALSE(parse_playlist("#EXTM3U\n").media);
  EXPECT_FALSE(parse_playlist("#EXTM3U\n").multivariant);
}

TEST(PlaylistCache, ParsesOneTextOnce) {
  PlaylistCache cache;
  EXPECT_EQ(cache.parse(kLive).media, cache.parse(kLive).media);
  EXPECT_NE(cache.parse(kLive).media, parse_playlist(kLive).media);
}

TEST(ResolvePath, FollowsTheUsualForms) {
  EXPECT_EQ(resolve_path("/live/a/index.m3u8", "v/T/480p/index.m3u8"), "/live/a/v/T/480p/index.m3u8");
  EXPECT_EQ(resolve_path("/live/a/index.m3u8?x=/y", "s.m4s"), "/live/a/s.m4s");
  EXPECT_EQ(resolve_path("/live/a/b/index.m3u8", "../s.m4s?x"), "/live/a/s.m4s?x");
  EXPECT_EQ(resolve_path("/live/a/index.m3u8", "/s.m4s"), "/s.m4s");
  EXPECT_EQ(resolve_path("/live/a/index.m3u8", "http://h:1/s.m4s"), "/s.m4s");
}

}  // namespace
}  // namespace levee::surge
