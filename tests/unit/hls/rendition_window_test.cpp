#include "levee/hls/rendition_window.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/hls/media_uri.hpp"

#include "support/golden.hpp"
#include "support/parts.hpp"

namespace levee::hls {
namespace {

using test::golden;
using test::PartMaker;
using testing::HasSubstr;
using testing::Not;

const RenditionInfo kWindowed{.name = "source",
                              .codecs = "avc1.64001f,mp4a.40.2",
                              .width = 1280,
                              .height = 720,
                              .frame_rate = 30,
                              .nominal_bandwidth = 2'628'000};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t count_of(const std::string& text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// A window and what feeds it.
struct Show {
  explicit Show(std::uint64_t first_msn = 0) : maker{first_msn} {
    window.init(kWindowed, test::media_bytes("init 0"));
  }

  void parts(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(window.part(maker.next()));
  }
  void segments(int count) { parts(count * static_cast<int>(PartMaker::kPartsPerSegment)); }
  std::shared_ptr<const RenditionView> view() const { return window.view(others); }
  std::string playlist() const { return view()->playlist(); }

  RenditionWindow window{"k3", Settings{}, kWindowed};
  PartMaker maker;
  std::vector<RenditionReport> others;
};

TEST(RenditionWindow, IsWrittenAsPlayersExpectFromTheFirstPartOn) {
  Show show;
  show.parts(1);
  EXPECT_EQ(show.playlist(), golden("hls/first_part.m3u8", show.playlist()));
}

TEST(RenditionWindow, IsWrittenAsPlayersExpectInFullSwing) {
  Show show;
  show.others = {{"720p", 39, 3}, {"audio", 40, 0}};
  show.segments(40);
  show.parts(4);
  EXPECT_EQ(show.playlist(), golden("hls/full_window.m3u8", show.playlist()));
  EXPECT_EQ(show.view()->delta_playlist(),
            golden("hls/full_window_delta.m3u8", show.view()->delta_playlist()));
}

TEST(RenditionWindow, IsWrittenAsPlayersExpectAcrossADiscontinuityAGapAndTheEnd) {
  Show show;
  show.segments(2);
  show.maker.gap = true;
  show.segments(1);
  show.maker.gap = false;
  show.segments(1);
  show.window.init(kWindowed, test::media_bytes("init 1"));
  show.maker.discontinuity = true;
  show.segments(1);
  show.parts(3);
  show.window.end();
  EXPECT_EQ(show.playlist(), golden("hls/ended.m3u8", show.playlist()));
}

TEST(RenditionWindow, P1_P2_TargetDurationIsThereFromTheStartAndNeverChanges) {
  Show show;
  for (int i = 0; i < 300; ++i) {
    show.parts(1);
    ASSERT_THAT(show.playlist(), HasSubstr("\n#EXT-X-TARGETDURATION:3\n"));
  }
}

TEST(RenditionWindow, P3_EverySegmentHasItsDate) {
  Show show;
  show.segments(40);
  show.parts(1);
  const auto playlist = show.playlist();
  EXPECT_EQ(count_of(playlist, "#EXT-X-PROGRAM-DATE-TIME:"), count_of(playlist, "#EXTINF:") + 1);
}

TEST(RenditionWindow, P5_ListsAtLeastThreeTargetDurationsHoweverSmallTheWindowIs) {
  Settings settings;
  settings.window = media::kTimescale;
  RenditionWindow window{"k3", settings, kWindowed};
  window.init(kWindowed, test::media_bytes("init"));
  PartMaker maker;
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(window.part(maker.next()));
  EXPECT_GE(count_of(window.view({})->playlist(), "#EXTINF:2.00000"), 6u);
}

TEST(RenditionWindow, P7_P8_HasNoPlaylistTypeAndTheVersionItNeeds) {
  Show show;
  show.segments(40);
  EXPECT_THAT(show.playlist(), Not(HasSubstr("PLAYLIST-TYPE")));
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-VERSION:6\n"));
  EXPECT_THAT(show.view()->delta_playlist(), HasSubstr("#EXT-X-VERSION:9\n"));
}

TEST(RenditionWindow, P9_ExtinfIsTheSumOfThePartsToATick) {
  Show show;
  show.maker.duration = 30'030;  // ten frames of 29.97 a second
  show.segments(1);
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-PART:DURATION=0.33367,"));
  EXPECT_THAT(show.playlist(), HasSubstr("#EXTINF:2.00200,"));
}

TEST(RenditionWindow, P12_MediaSequenceGrowsByOneWithEachSegmentThatLeaves) {
  Show show;
  std::uint64_t last = 0;
  std::string last_first_uri;
  for (int i = 0; i < 60; ++i) {
    show.segments(1);
    const auto playlist = show.playlist();
    const auto at =
        playlist.find("#EXT-X-MEDIA-SEQUENCE:") + std::string_view{"#EXT-X-MEDIA-SEQUENCE:"}.size();
    const auto msn = std::stoull(playlist.substr(at));
    EXPECT_TRUE(msn == last || msn == last + 1);
    EXPECT_THAT(playlist, HasSubstr("\nk3-s" + std::to_string(msn) + ".m4s\n"));
    EXPECT_THAT(playlist, Not(HasSubstr("\nk3-s" + std::to_string(msn - 1) + ".m4s\n")));
    last = msn;
  }
  EXPECT_EQ(last, 30u);
}

TEST(RenditionWindow, P13_P14_PublishedSegmentsNeverChangeTheirLines) {
  // Between two versions, what both list of segments, parts left aside, is the same text.
  Show show;
  const auto segment_text = [](const std::string& playlist, std::uint64_t msn) {
    const auto end = playlist.find("k3-s" + std::to_string(msn) + ".m4s\n");
    const auto begin = playlist.rfind("#EXT-X-PROGRAM-DATE-TIME", end);
    std::string text;
    for (const auto& line : lines_of(playlist.substr(begin, end - begin))) {
      if (!line.starts_with("#EXT-X-PART:")) text += line + "\n";
    }
    return text;
  };
  show.segments(10);
  const auto before = show.playlist();
  show.segments(20);
  const auto after = show.playlist();
  for (std::uint64_t msn = 0; msn < 10; ++msn) EXPECT_EQ(segment_text(before, msn), segment_text(after, msn));
}

TEST(RenditionWindow, P15_ARemovedSegmentStaysDownloadableForItsDurationAndTheLongestPlaylist) {
  Show show;
  show.segments(31);  // 62 s: segment 0 has just left
  ASSERT_THAT(show.playlist(), Not(HasSubstr("k3-s0.m4s")));
  show.segments(30);
  EXPECT_EQ(show.view()->segment(0).size(), PartMaker::kPartsPerSegment);
  show.segments(3);
  EXPECT_TRUE(show.view()->segment(0).empty());
  EXPECT_EQ(show.view()->part(0), nullptr);
}

TEST(RenditionWindow, P17_L11_AnEndedPlaylistHasEndlistAndNoHint) {
  Show show;
  show.others = {{"720p", 1, 2}};
  show.segments(2);
  show.parts(2);
  show.window.end();
  const auto playlist = show.playlist();
  EXPECT_TRUE(playlist.ends_with("k3-s2.m4s\n#EXT-X-ENDLIST\n"));
  EXPECT_THAT(playlist, Not(HasSubstr("PRELOAD-HINT")));
  EXPECT_TRUE(show.view()->ended());
  EXPECT_TRUE(show.view()->delta_playlist().empty());
  EXPECT_FALSE(show.window.part(show.maker.next()));
}

TEST(RenditionWindow, P18_CountsTheDiscontinuitiesThatLeft) {
  Show show;
  show.segments(1);
  show.maker.discontinuity = true;
  show.segments(1);
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-DISCONTINUITY-SEQUENCE:0\n"));
  show.segments(29);  // segment 0 leaves; segment 1 is the first and still has its tag
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-DISCONTINUITY\n"));
  show.segments(1);
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MAP"));
  EXPECT_THAT(show.playlist(), Not(HasSubstr("#EXT-X-DISCONTINUITY\n")));
}

TEST(RenditionWindow, P18_ALateRungBeginsWhereTheOthersAre) {
  Show show{17};
  show.window.discontinuities_before(3);
  show.parts(1);
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-MEDIA-SEQUENCE:17\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n"));
  EXPECT_EQ(show.view()->msn(), 17u);
  EXPECT_EQ(show.view()->part_count(), 1u);
}

TEST(RenditionWindow, P19_AGapIsMarkedAndHasNoMedia) {
  Show show;
  show.segments(1);
  show.maker.gap = true;
  show.segments(1);
  const auto view = show.view();
  EXPECT_THAT(view->playlist(), HasSubstr("URI=\"k3-p6.m4s\",GAP=YES\n"));
  EXPECT_THAT(view->playlist(), HasSubstr("#EXT-X-GAP\n#EXTINF:2.00000,\nk3-s1.m4s\n"));
  EXPECT_TRUE(view->segment(1).empty());
  EXPECT_EQ(view->part(6), nullptr);
  EXPECT_NE(view->part(5), nullptr);
}

TEST(RenditionWindow, F7_AChangedInitSegmentHasAUriOfItsOwnAndAnUnchangedOneKeepsIt) {
  Show show;
  show.segments(1);
  show.window.init(kWindowed, test::media_bytes("init 0"));
  show.maker.discontinuity = true;
  show.segments(1);
  EXPECT_THAT(show.playlist(), Not(HasSubstr("k3-i1.mp4")));
  show.window.init(kWindowed, test::media_bytes("init 1"));
  show.maker.discontinuity = true;
  show.segments(1);
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"k3-i1.mp4\"\n"));
  EXPECT_EQ(*show.view()->init(0), *test::media_bytes("init 0"));
  EXPECT_EQ(*show.view()->init(1), *test::media_bytes("init 1"));
  EXPECT_EQ(show.view()->init(2), nullptr);
}

TEST(RenditionWindow, F7_AnInitSegmentThatComesEarlyIsForTheNextSegment) {
  Show show;
  show.parts(2);
  show.window.init(kWindowed, test::media_bytes("init 1"));
  show.parts(1);
  EXPECT_EQ(*show.view()->init(0), *test::media_bytes("init 0"));
  EXPECT_THAT(show.playlist(), Not(HasSubstr("k3-i1.mp4")));
  show.parts(4);
  EXPECT_THAT(show.playlist(), HasSubstr("#EXT-X-MAP:URI=\"k3-i1.mp4\"\n"));
}

TEST(RenditionWindow, F7_TheFirstListedSegmentAlwaysHasItsMap) {
  Show show;
  show.segments(45);
  const auto playlist = show.playlist();
  EXPECT_EQ(count_of(playlist, "#EXT-X-MAP"), 1u);
  EXPECT_LT(playlist.find("#EXT-X-MAP"), playlist.find("#EXTINF"));
}

TEST(RenditionWindow, L1_L2_L3_L4_L5_ServerControlIsAsTheTargetsDemand) {
  Show show;
  show.parts(1);
  EXPECT_THAT(show.playlist(),
              HasSubstr("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=18.0,HOLD-BACK=9.0,"
                        "PART-HOLD-BACK=1.5\n#EXT-X-PART-INF:PART-TARGET=0.35\n"));
}

TEST(RenditionWindow, L2b_PartHoldBackIsNeverLessThanThreePartTargets) {
  Settings settings;
  settings.hold_back = 0;
  EXPECT_EQ(settings.part_hold_back(), 3 * settings.part_target());
  settings.part = media::kTimescale;
  settings.hold_back = 2 * media::kTimescale;
  EXPECT_EQ(settings.part_hold_back(), 3 * settings.part_target());
}

TEST(RenditionWindow, L8_SegmentTagsComeBeforeTheFirstPart) {
  Show show;
  show.segments(2);
  show.maker.discontinuity = true;
  show.parts(1);
  EXPECT_THAT(show.playlist(), HasSubstr("k3-s1.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"k3-i0.mp4\"\n"
                                         "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:04.000Z\n#EXT-X-PART:"));
}

TEST(RenditionWindow, L9_L15_ASegmentIsItsParts) {
  Show show;
  show.maker.part_bytes = 0;
  show.segments(2);
  const auto segment = show.view()->segment(1);
  ASSERT_EQ(segment.size(), PartMaker::kPartsPerSegment);
  for (std::uint64_t i = 0; i < segment.size(); ++i) {
    EXPECT_EQ(as_text(*segment[i]), "1." + std::to_string(i));
    EXPECT_EQ(show.view()->part(6 + i), segment[i]);
  }
}

TEST(RenditionWindow, L10_L43_OldPartsLeaveTheListAndStayDownloadable) {
  Show show;
  show.segments(10);
  show.parts(1);
  EXPECT_THAT(show.playlist(), Not(HasSubstr("k3-p47.m4s")));
  EXPECT_THAT(show.playlist(), HasSubstr("k3-p48.m4s"));
  EXPECT_NE(show.view()->part(0), nullptr);
}

TEST(RenditionWindow, L11_L31_TheHintNamesThePartThatComesNextEvenAcrossASegmentsEnd) {
  Show show;
  for (std::uint64_t part = 1; part < 20; ++part) {
    show.parts(1);
    const auto hinted = to_string({.stream_id = "k3", .kind = MediaUri::Kind::part, .number = part});
    EXPECT_TRUE(show.playlist().ends_with("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" + hinted + "\"\n"));
    EXPECT_EQ(show.view()->next_part(), part);
    EXPECT_EQ(show.view()->part(part), nullptr);
  }
}

TEST(RenditionWindow, L12_ReportsEveryOtherRenditionByRelativeUri) {
  Show show;
  show.others = {{"720p", 2, 4}};
  show.parts(1);
  EXPECT_THAT(show.playlist(),
              HasSubstr("#EXT-X-RENDITION-REPORT:URI=\"../720p/index.m3u8\",LAST-MSN=2,LAST-PART=4\n"));
}

TEST(RenditionWindow, L12_TellsItsOwnLastPart) {
  Show show;
  EXPECT_FALSE(show.window.report());
  show.parts(2);
  EXPECT_EQ(show.window.report()->last_msn, 0u);
  EXPECT_EQ(show.window.report()->last_part, 1u);
  show.parts(4);
  EXPECT_EQ(show.window.report()->last_msn, 0u);
  EXPECT_EQ(show.window.report()->last_part, 5u);
  show.parts(1);
  EXPECT_EQ(show.window.report()->last_msn, 1u);
  EXPECT_EQ(show.window.report()->last_part, 0u);
}

TEST(RenditionWindow, L13_OnlyPartsWithAKeyFrameAreIndependent) {
  Show show;
  show.segments(1);
  EXPECT_EQ(count_of(show.playlist(), "INDEPENDENT=YES"), 1u);
}

TEST(RenditionWindow, L25_SaysWhichPartsExistInOneComparison) {
  Show show;
  show.parts(5);
  EXPECT_EQ(show.view()->msn(), 0u);
  EXPECT_EQ(show.view()->part_count(), 5u);
  EXPECT_EQ(show.view()->previous_part_count(), 0u);
  show.parts(1);
  EXPECT_EQ(show.view()->msn(), 1u);
  EXPECT_EQ(show.view()->part_count(), 0u);
  EXPECT_EQ(show.view()->previous_part_count(), 6u);
}

TEST(RenditionWindow, L40_L42_ADeltaSkipsOnlyWhatIsOlderThanTheBoundaryAndKeepsTheRest) {
  Show show;
  show.segments(9);  // 18 s: nothing is more than 18 s from the end
  EXPECT_TRUE(show.view()->delta_playlist().empty());
  show.segments(4);
  const auto whole = lines_of(show.playlist());
  const auto delta = lines_of(show.view()->delta_playlist());
  const auto skip = std::find(delta.begin(), delta.end(), "#EXT-X-SKIP:SKIPPED-SEGMENTS=3");
  ASSERT_NE(skip, delta.end());
  // What follows EXT-X-SKIP is the end of the whole playlist, line by line.
  const std::vector<std::string> rest(skip + 1, delta.end());
  ASSERT_LT(rest.size(), whole.size());
  EXPECT_EQ(rest,
            (std::vector<std::string>(whole.end() - static_cast<std::ptrdiff_t>(rest.size()), whole.end())));
  EXPECT_THAT(show.view()->delta_playlist(), HasSubstr("k3-s3.m4s"));
  EXPECT_THAT(show.view()->delta_playlist(), Not(HasSubstr("k3-s2.m4s")));
}

TEST(RenditionWindow, M9_MeasuresThePeakAndTheMean) {
  Show show;
  show.segments(2);
  EXPECT_EQ(show.view()->bandwidth(), 0u);
  show.segments(1);
  EXPECT_EQ(show.view()->bandwidth(), 600'000u);
  show.maker.part_bytes = 50'000;
  show.segments(1);
  EXPECT_EQ(show.view()->bandwidth(), 1'200'000u);
  EXPECT_EQ(show.view()->average_bandwidth(), 750'000u);
  show.maker.part_bytes = 25'000;
  show.segments(31);
  EXPECT_EQ(show.view()->bandwidth(), 600'000u);
}

TEST(RenditionWindow, M9_AGapIsNotCountedAsQuietMedia) {
  Show show;
  show.segments(4);
  show.maker.gap = true;
  show.segments(4);
  EXPECT_EQ(show.view()->average_bandwidth(), 600'000u);
}

TEST(RenditionWindow, ClosesASegmentThatWasLeftOpenWhenTheNextOneBegins) {
  Show show;
  show.parts(3);
  Part next = PartMaker{1}.next();
  ASSERT_TRUE(show.window.part(next));
  EXPECT_THAT(show.playlist(), HasSubstr("#EXTINF:1.00000,\nk3-s0.m4s\n"));
  EXPECT_EQ(show.view()->segment(0).size(), 3u);
}

TEST(RenditionWindow, IgnoresWhatDoesNotFollow) {
  Show show;
  show.segments(2);
  const auto before = show.playlist();
  EXPECT_FALSE(show.window.part(PartMaker{1}.next()));
  EXPECT_FALSE(show.window.part(PartMaker{3}.next()));
  auto middle = PartMaker{2};
  middle.next();
  EXPECT_FALSE(show.window.part(middle.next()));
  EXPECT_EQ(show.playlist(), before);
}

TEST(RenditionWindow, HoldsABoundedPast) {
  Settings settings;
  RenditionWindow window{"k3", settings, kWindowed};
  window.init(kWindowed, test::media_bytes("init"));
  // Segments of one tick each never fill a window of time.
  for (std::uint64_t msn = 0; msn < 3000; ++msn) {
    auto part = PartMaker{msn}.next();
    part.duration = 1;
    part.ends_segment = true;
    ASSERT_TRUE(window.part(part));
  }
  EXPECT_LT(count_of(window.view({})->playlist(), "#EXTINF"), 500u);
  EXPECT_EQ(window.view({})->part(0), nullptr);
}

TEST(RenditionWindow, AViewKeepsWhatItShowedWhateverComesAfter) {
  Show show;
  show.parts(8);
  const auto view = show.view();
  const auto playlist = view->playlist();
  show.segments(200);
  show.window.end();
  EXPECT_EQ(view->playlist(), playlist);
  EXPECT_EQ(view->part_count(), 2u);
  EXPECT_NE(view->part(0), nullptr);
}

}  // namespace
}  // namespace levee::hls
