#include "levee/hls/multivariant.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/hls/rendition_window.hpp"

#include "support/golden.hpp"
#include "support/parts.hpp"

namespace levee::hls {
namespace {

using testing::HasSubstr;
using testing::Not;

RenditionWindow rendition(RenditionInfo info, std::size_t part_bytes, int parts) {
  RenditionWindow window{"k3", Settings{}, info};
  window.init(info, test::media_bytes("init"));
  test::PartMaker maker;
  maker.part_bytes = part_bytes;
  for (int i = 0; i < parts; ++i) window.part(maker.next());
  return window;
}

const RenditionInfo kSource{"source", "avc1.64001f,mp4a.40.2", 1280, 720, 30000.0 / 1001, 2'628'000};
const RenditionInfo k480p{"480p", "avc1.64001e,mp4a.40.2", 854, 480, 29.97, 1'328'000};
const RenditionInfo kAudio{"audio", "mp4a.40.2", 0, 0, 0, 128'000};

TEST(Multivariant, IsWrittenAsPlayersExpect) {
  const std::vector<std::shared_ptr<const RenditionView>> views{rendition(kSource, 110'000, 24).view({}),
                                                                rendition(k480p, 50'000, 24).view({}),
                                                                rendition(kAudio, 5'000, 24).view({})};
  const auto playlist = multivariant_playlist(views, "v/TOKEN/");
  EXPECT_EQ(playlist, test::golden("hls/multivariant.m3u8", playlist));
}

TEST(Multivariant, M2_BandwidthIsNominalUntilMeasuredAndNeverBelowIt) {
  const std::vector<std::shared_ptr<const RenditionView>> young{rendition(kSource, 1000, 1).view({})};
  EXPECT_THAT(multivariant_playlist(young, ""), HasSubstr("BANDWIDTH=2628000,"));
  const std::vector<std::shared_ptr<const RenditionView>> quiet{rendition(kSource, 1000, 60).view({})};
  EXPECT_THAT(multivariant_playlist(quiet, ""), HasSubstr("BANDWIDTH=2628000,AVERAGE-BANDWIDTH=24000,"));
}

TEST(Multivariant, M2_AnUnknownRateIsTakenFromTheFirstPart) {
  auto info = kSource;
  info.nominal_bandwidth = 0;
  const std::vector<std::shared_ptr<const RenditionView>> views{rendition(info, 100'000, 1).view({})};
  EXPECT_THAT(multivariant_playlist(views, ""), HasSubstr("#EXT-X-STREAM-INF:BANDWIDTH=2640000,"));
}

TEST(Multivariant, M8_SegmentsAreCalledIndependentOnlyWhenTheyAre) {
  RenditionWindow window{"k3", Settings{}, kSource};
  window.init(kSource, test::media_bytes("init"));
  test::PartMaker maker;
  for (int i = 0; i < 12; ++i) {
    auto part = maker.next();
    if (i == 6) part.independent = false;
    window.part(part);
  }
  std::vector<std::shared_ptr<const RenditionView>> views{window.view({})};
  EXPECT_THAT(multivariant_playlist(views, ""), Not(HasSubstr("INDEPENDENT-SEGMENTS")));
  window.offered(false);
  views = {window.view({}), rendition(k480p, 100, 12).view({})};
  EXPECT_THAT(multivariant_playlist(views, ""), HasSubstr("#EXT-X-INDEPENDENT-SEGMENTS\n"));
}

TEST(Multivariant, M9_ThePeakHasRoomAboveWhatWasMeasured) {
  const std::vector<std::shared_ptr<const RenditionView>> views{rendition(kSource, 250'000, 60).view({})};
  EXPECT_THAT(multivariant_playlist(views, ""), HasSubstr("BANDWIDTH=6600000,AVERAGE-BANDWIDTH=6000000,"));
}

TEST(Multivariant, LeavesOutWhatIsNotOffered) {
  auto shed = rendition(k480p, 1000, 1);
  shed.offered(false);
  const std::vector<std::shared_ptr<const RenditionView>> views{rendition(kSource, 1000, 1).view({}),
                                                                shed.view({})};
  const auto playlist = multivariant_playlist(views, "");
  EXPECT_THAT(playlist, HasSubstr("\nsource/index.m3u8\n"));
  EXPECT_THAT(playlist, Not(HasSubstr("480p")));
}

}  // namespace
}  // namespace levee::hls
