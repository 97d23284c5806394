#include "stream/show.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/outlet.hpp"
#include "support/parts.hpp"

namespace levee::stream {
namespace {

using test::PartMaker;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const hls::RenditionInfo kSource{"source", "avc1.64001f,mp4a.40.2", 1280, 720, 30, 2'628'000};
const hls::RenditionInfo k720p{"720p", "avc1.64001f,mp4a.40.2", 1280, 720, 30, 2'628'000};
const hls::RenditionInfo k480p{"480p", "avc1.64001e,mp4a.40.2", 854, 480, 30, 1'328'000};
const hls::RenditionInfo kAudio{"audio", "mp4a.40.2", 0, 0, 0, 128'000};

struct Stage {
  Stage() {
    show.on_playable([this] { ++playable; });
  }

  void begin(const hls::RenditionInfo& info) { show.init(info, test::media_bytes("init " + info.name)); }
  void parts(const std::string& name, PartMaker& maker, int count) {
    for (int i = 0; i < count; ++i) show.part(name, maker.next());
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : outlet.view("show")->renditions) names.push_back(each->info().name);
    return names;
  }
  std::string playlist(const std::string& name) const {
    return outlet.view("show")->rendition(name)->playlist();
  }

  test::RecordingOutlet outlet;
  Show show{"show", "k3", test::show_start(), hls::Settings{}, outlet};
  PartMaker source;
  PartMaker rung;
  int playable = 0;
};

TEST(Show, TellsTheOutletOfEachPartAndNamesTheRendition) {
  Stage stage;
  stage.begin(kSource);
  stage.parts("source", stage.source, 2);
  EXPECT_THAT(stage.outlet.changes(), ElementsAre("source", "source"));
  const auto view = stage.outlet.view("show");
  EXPECT_EQ(view->id, "k3");
  EXPECT_EQ(view->rendition("source")->part_count(), 2u);
  EXPECT_EQ(view->rendition("720p"), nullptr);
}

TEST(Show, OrdersRenditionsSourceFirstThenByHeightAudioLast) {
  Stage stage;
  for (const auto& info : {kAudio, k480p, kSource, k720p}) stage.begin(info);
  for (const auto& info : {kAudio, k480p, kSource, k720p}) {
    PartMaker maker;
    stage.parts(info.name, maker, 1);
  }
  EXPECT_THAT(stage.names(), ElementsAre("source", "720p", "480p", "audio"));
}

TEST(Show, IsPlayableWhenEveryAnnouncedRenditionHasAPart) {
  Stage stage;
  stage.begin(kSource);
  stage.begin(k480p);
  stage.parts("source", stage.source, 2);
  EXPECT_EQ(stage.playable, 0);
  stage.parts("480p", stage.rung, 1);
  EXPECT_EQ(stage.playable, 1);
  stage.parts("480p", stage.rung, 1);
  EXPECT_EQ(stage.playable, 1);
}

TEST(Show, DoesNotWaitLongForASlowRung) {
  Stage stage;
  stage.begin(kSource);
  stage.begin(k480p);
  stage.parts("source", stage.source, 3);
  EXPECT_EQ(stage.playable, 1);
}

TEST(Show, L12_EachPlaylistReportsTheOthersAsTheyAreNow) {
  Stage stage;
  stage.begin(kSource);
  stage.begin(k480p);
  stage.parts("480p", stage.rung, 2);
  stage.parts("source", stage.source, 1);
  EXPECT_THAT(stage.playlist("source"), HasSubstr("URI=\"../480p/index.m3u8\",LAST-MSN=0,LAST-PART=1\n"));
  EXPECT_THAT(stage.playlist("480p"), Not(HasSubstr("../480p/")));
}

TEST(Show, P11_P18_ALateRungHasTheOthersNumbersAndCountsTheirDiscontinuities) {
  Stage stage;
  stage.begin(kSource);
  stage.parts("source", stage.source, 6);
  stage.source.discontinuity = true;
  stage.parts("source", stage.source, 12);
  stage.begin(k480p);
  PartMaker late{3};
  stage.parts("source", stage.source, 1);
  stage.parts("480p", late, 1);
  EXPECT_THAT(stage.playlist("480p"),
              HasSubstr("#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n"));
}

TEST(Show, P19_ARungThatWasAwayIsFilledUpWithGapsOfTheSameTimes) {
  Stage stage;
  stage.begin(kSource);
  stage.begin(k480p);
  stage.parts("source", stage.source, 6);
  stage.parts("480p", stage.rung, 6);
  stage.source.discontinuity = true;
  stage.parts("source", stage.source, 6);
  stage.parts("source", stage.source, 7);
  PartMaker back{3};
  stage.parts("480p", back, 1);
  const auto playlist = stage.playlist("480p");
  EXPECT_THAT(playlist, HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"k3-i0.mp4\"\n"
                                  "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:02.000Z\n"));
  EXPECT_THAT(playlist, HasSubstr("#EXT-X-GAP\n#EXTINF:2.00000,\nk3-s1.m4s\n"));
  EXPECT_THAT(playlist, HasSubstr("#EXT-X-GAP\n#EXTINF:2.00000,\nk3-s2.m4s\n"));
  EXPECT_EQ(stage.outlet.view("show")->rendition("480p")->msn(), 3u);
}

TEST(Show, P19_ARungThatIsNoLongerMadeGoesOnAsGaps) {
  Stage stage;
  stage.begin(kSource);
  stage.begin(k480p);
  stage.parts("source", stage.source, 6);
  stage.parts("480p", stage.rung, 6);
  stage.show.offered("480p", false);
  EXPECT_FALSE(stage.outlet.view("show")->rendition("480p")->offered());
  stage.parts("source", stage.source, 5 * 6);
  EXPECT_EQ(stage.outlet.view("show")->rendition("480p")->msn(), 4u);
  EXPECT_THAT(stage.playlist("480p"), HasSubstr("#EXT-X-GAP\n#EXTINF:2.00000,\nk3-s3.m4s\n"));
}

TEST(Show, P17_EveryPlaylistEndsWithTheShow) {
  Stage stage;
  stage.begin(kSource);
  stage.begin(k480p);
  stage.begin(kAudio);  // never had a part: not shown
  stage.parts("source", stage.source, 8);
  stage.parts("480p", stage.rung, 7);
  stage.show.end();
  stage.show.set_state(StreamState::ended);
  stage.show.publish("");
  EXPECT_EQ(stage.outlet.view("show")->state, StreamState::ended);
  EXPECT_THAT(stage.names(), ElementsAre("source", "480p"));
  EXPECT_TRUE(stage.playlist("source").ends_with("#EXT-X-ENDLIST\n"));
  EXPECT_TRUE(stage.playlist("480p").ends_with("#EXT-X-ENDLIST\n"));
}

TEST(Show, CountsPartsThatDoNotFollow) {
  Stage stage;
  stage.begin(kSource);
  stage.parts("source", stage.source, 1);
  stage.parts("nobody", stage.rung, 1);
  PartMaker elsewhere{7};
  stage.parts("source", elsewhere, 1);
  EXPECT_EQ(stage.show.ignored_parts(), 2u);
  EXPECT_EQ(stage.show.parts(), 1u);
}

}  // namespace
}  // namespace levee::stream
