#include "levee/delivery/origin.hpp"

#include <memory>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_rendition.hpp"
#include "unit/delivery/origin_fixture.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST_F(OriginTest, GivesEveryNewcomerATokenInTheMultivariantPlaylist) {
  show(test::rendition_at(1, 1));
  const auto response = get("/live/show/index.m3u8");
  EXPECT_EQ(response.kind, RequestKind::multivariant);
  EXPECT_THAT(response.head->http1, HasSubstr("Content-Type: application/vnd.apple.mpegurl\r\n"));
  EXPECT_THAT(response.head->http1, HasSubstr("Cache-Control: no-store\r\n"));
  const auto text = body_of(response);
  const auto at = text.find("\nv/");
  ASSERT_NE(at, std::string::npos) << text;
  const auto token = text.substr(at + 3, ViewerTokens::kLength);
  EXPECT_THAT(text, HasSubstr("\nv/" + token + "/480p/index.m3u8\n"));
  EXPECT_THAT(text, HasSubstr("\nv/" + token + "/240p/index.m3u8\n"));
  EXPECT_NE(body_of(get("/live/show/index.m3u8")), text);

  EXPECT_EQ(state.sessions.size(), 0u);
  EXPECT_EQ(status("/live/show/v/" + token + "/480p/index.m3u8"), 200u);
  EXPECT_EQ(status("/live/show/v/" + token + "/480p/abc-p0.m4s"), 200u);
  EXPECT_EQ(state.sessions.size(), 1u);
}

TEST_F(OriginTest, ServesAForgedTokenWithoutCountingIt) {
  show(test::rendition_at(1, 1));
  EXPECT_EQ(status("/live/show/v/forged/480p/index.m3u8"), 200u);
  EXPECT_EQ(state.sessions.size(), 0u);
}

TEST_F(OriginTest, ShowsNoStreamBeforeItsFirstPartAndNoneThatIsUnknown) {
  show(test::rendition_at(0, 1));
  view->state = stream::StreamState::starting;
  EXPECT_EQ(status("/live/show/index.m3u8"), 404u);
  EXPECT_EQ(status("/live/other/index.m3u8"), 404u);
  EXPECT_EQ(status("/live/other/480p/index.m3u8"), 404u);
  view->state = stream::StreamState::interrupted;
  EXPECT_EQ(status("/live/show/index.m3u8"), 200u);
  EXPECT_EQ(status("/live/show/480p/index.m3u8"), 200u);
  EXPECT_EQ(status("/live/show/1080p/index.m3u8"), 404u);
}

TEST_F(OriginTest, L20_PartWithoutMsnIsABadRequest) {
  show(test::rendition_at(5, 2));
  EXPECT_EQ(playlist("_HLS_part=1"), 400u);
  EXPECT_THAT(get("/live/show/480p/index.m3u8?_HLS_part=1").head->http1,
              HasSubstr("Cache-Control: no-store"));
}

TEST_F(OriginTest, L21_MsnMoreThanTwoAheadIsABadRequestAtOnce) {
  show(test::rendition_at(5, 2));  // the last whole segment is 4
  EXPECT_EQ(playlist("_HLS_msn=6"), kParked);
  EXPECT_EQ(playlist("_HLS_msn=7"), 400u);
  EXPECT_EQ(playlist("_HLS_msn=7&_HLS_part=0"), 400u);
}

TEST_F(OriginTest, L22_APartBeyondTheAdvancePartLimitIsABadRequest) {
  show(test::rendition_at(5, 2));
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=10"), kParked);
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=11"), 400u);
  EXPECT_EQ(playlist("_HLS_msn=6&_HLS_part=9"), 400u);
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=9223372036854775807"), 400u);
}

TEST_F(OriginTest, L23_WhatIsNoDecimalIntegerIsABadRequest) {
  show(test::rendition_at(5, 2));
  EXPECT_EQ(playlist("_HLS_msn=five"), 400u);
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=-1"), 400u);
}

TEST_F(OriginTest, L24_WhatIsThereOrLongGoneIsAnsweredAtOnceWithTheWholePlaylist) {
  show(test::rendition_at(5, 2));
  for (const char* query : {"_HLS_msn=4", "_HLS_msn=0", "_HLS_msn=5&_HLS_part=1", "_HLS_msn=4&_HLS_part=3",
                            "_HLS_msn=0&_HLS_part=7", "_HLS_msn=4&_HLS_part=99"})
    EXPECT_EQ(body_of(get(std::string{"/live/show/480p/index.m3u8?"} + query)), "#EXTM3U\n# 5.2\n") << query;
}

TEST_F(OriginTest, L25_APartThatIsToComeIsWaitedFor) {
  show(test::rendition_at(5, 2));
  const auto answer = ask("/live/show/480p/index.m3u8?_HLS_msn=5&_HLS_part=2");
  const auto* park = std::get_if<Park>(&answer);
  ASSERT_NE(park, nullptr);
  EXPECT_EQ(park->stream, "show");
  EXPECT_EQ(park->rendition, "480p");
  EXPECT_EQ(park->msn, 5u);
  EXPECT_EQ(park->part, 2u);
  EXPECT_EQ(park->limit, 9s);
  show(test::rendition_at(5, 3));
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=2"), 200u);
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=3"), kParked);
}

TEST_F(OriginTest, L26_APartPastTheEndOfItsSegmentIsTheNextSegmentsFirst) {
  show(test::rendition_at(5, 0));  // segment 4 has just ended with its fourth part
  EXPECT_EQ(playlist("_HLS_msn=4&_HLS_part=3"), 200u);
  EXPECT_EQ(playlist("_HLS_msn=4&_HLS_part=4"), kParked);
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=0"), kParked);
  show(test::rendition_at(5, 1));
  EXPECT_EQ(playlist("_HLS_msn=4&_HLS_part=4"), 200u);
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=0"), 200u);
}

TEST_F(OriginTest, L28_GivesUpWith503AfterThreeTargetDurations) {
  show(test::rendition_at(5, 2));
  const auto response = get("/live/show/480p/index.m3u8?_HLS_msn=6", Patience::none);
  EXPECT_EQ(response.head->status, 503u);
  EXPECT_THAT(response.head->http1, HasSubstr("Cache-Control: no-store"));
}

TEST_F(OriginTest, L34_MsnAloneWaitsForTheWholeSegment) {
  show(test::rendition_at(5, 3));
  EXPECT_EQ(playlist("_HLS_msn=5"), kParked);
  show(test::rendition_at(6, 0));
  EXPECT_EQ(playlist("_HLS_msn=5"), 200u);
}

TEST_F(OriginTest, AnEndedPlaylistIsNeverWaitedFor) {
  auto ended = test::rendition_at(5, 2);
  ended->has_ended = true;
  ended->delta = "delta";
  show(ended);
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=3"), 200u);
  EXPECT_EQ(playlist("_HLS_msn=500"), 200u);
  EXPECT_EQ(body_of(get("/live/show/480p/index.m3u8?_HLS_skip=YES")), "#EXTM3U\n# 5.2\n");
  EXPECT_EQ(status("/live/show/480p/abc-p22.m4s"), 404u);
}

TEST_F(OriginTest, WaitersAreBounded) {
  show(test::rendition_at(5, 2));
  const auto answer = ask("/live/show/480p/index.m3u8?_HLS_msn=5");
  const Shelf::Waiter one{shelf, std::get<Park>(answer), [] {}};
  const Shelf::Waiter two{shelf, std::get<Park>(answer), [] {}};
  EXPECT_EQ(playlist("_HLS_msn=5"), 503u);
}

TEST_F(OriginTest, L40_SkipGivesTheDeltaWhereThereIsOne) {
  auto rendition = test::rendition_at(5, 2);
  show(rendition);
  EXPECT_EQ(body_of(get("/live/show/480p/index.m3u8?_HLS_skip=YES")), "#EXTM3U\n# 5.2\n");
  rendition = test::rendition_at(5, 2);
  rendition->delta = "#EXTM3U\n# delta\n";
  show(rendition);
  for (const char* query : {"_HLS_skip=YES", "_HLS_skip=v2", "_HLS_msn=5&_HLS_part=1&_HLS_skip=YES"})
    EXPECT_EQ(body_of(get(std::string{"/live/show/480p/index.m3u8?"} + query)), rendition->delta) << query;
  EXPECT_EQ(playlist("_HLS_msn=5&_HLS_part=2&_HLS_skip=YES"), kParked);
}

TEST_F(OriginTest, P20_UnknownParametersAreIgnored) {
  show(test::rendition_at(5, 2));
  EXPECT_EQ(playlist("_HLS_report=0&_HLS_push=1&x=y"), 200u);
}

TEST_F(OriginTest, L31_TheHintedPartIsWaitedForAndL44NoOther) {
  show(test::rendition_at(5, 2));
  EXPECT_EQ(status("/live/show/480p/abc-p22.m4s"), kParked);
  EXPECT_EQ(status("/live/show/480p/abc-p23.m4s"), 404u);
  EXPECT_EQ(status("/live/show/480p/abd-p22.m4s"), 404u);
  EXPECT_EQ(status("/live/show/480p/nonsense"), 404u);
  EXPECT_EQ(get("/live/show/480p/abc-p22.m4s", Patience::none).head->status, 503u);
  show(test::rendition_at(5, 3));
  EXPECT_EQ(body_of(get("/live/show/480p/abc-p22.m4s")), "5.2");
}

TEST_F(OriginTest, GivesMediaFromSharedBytes) {
  const auto rendition = test::rendition_at(5, 2);
  show(rendition);
  const auto part = get("/live/show/480p/abc-p3.m4s");
  EXPECT_EQ(part.kind, RequestKind::part);
  EXPECT_EQ(part.body.piece(0).data(), rendition->part_bytes[3]->data());
  EXPECT_THAT(part.head->http1, HasSubstr("Content-Type: video/mp4\r\n"));
  EXPECT_THAT(part.head->http1, HasSubstr("immutable"));
  EXPECT_THAT(part.head->http1, HasSubstr("Accept-Ranges: bytes\r\n"));

  const auto segment = get("/live/show/480p/abc-s1.m4s");
  EXPECT_EQ(segment.kind, RequestKind::segment);
  EXPECT_EQ(body_of(segment), "1.01.11.21.3");
  EXPECT_EQ(status("/live/show/480p/abc-s5.m4s"), 404u);
  EXPECT_EQ(body_of(get("/live/show/480p/abc-i0.mp4")), "init");
  EXPECT_EQ(status("/live/show/480p/abc-i1.mp4"), 404u);
}

TEST_F(OriginTest, H7_GivesRangesAcrossTheParts) {
  show(test::rendition_at(5, 2));
  request.range = "bytes=2-6";
  const auto response = get("/live/show/480p/abc-s1.m4s");
  EXPECT_EQ(response.head->status, 206u);
  EXPECT_EQ(body_of(response), "01.11");
  EXPECT_EQ(response.range->first, 2u);
  EXPECT_EQ(response.range->last, 6u);
  EXPECT_EQ(response.range->total, 12u);
  request.range = "bytes=12-";
  EXPECT_EQ(status("/live/show/480p/abc-s1.m4s"), 416u);
  request.range = "bytes=0-1,4-5";
  EXPECT_EQ(status("/live/show/480p/abc-s1.m4s"), 200u);
  request.range = "bytes=2-6";
  request.method = Method::head;
  EXPECT_EQ(status("/live/show/480p/abc-s1.m4s"), 200u);
}

TEST_F(OriginTest, H4_CompressesPlaylistsAndNothingElse) {
  show(test::rendition_at(5, 2));
  request.accepts_gzip = true;
  const auto response = get("/live/show/480p/index.m3u8");
  EXPECT_THAT(response.head->http1, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(response.head->http1, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_EQ(response.body.piece(0)[0], std::byte{0x1f});
  EXPECT_THAT(get("/live/show/480p/abc-s1.m4s").head->http1, Not(HasSubstr("Content-Encoding")));
  request.accepts_gzip = false;
  EXPECT_THAT(get("/live/show/480p/index.m3u8").head->http1, HasSubstr("Vary: Accept-Encoding\r\n"));
}

TEST_F(OriginTest, H2_EveryResponseMayBeReadFromAnyOrigin) {
  show(test::rendition_at(5, 2));
  for (const char* target :
       {"/live/show/index.m3u8", "/live/show/480p/index.m3u8", "/live/show/480p/abc-s1.m4s",
        "/live/show/480p/abc-s99.m4s", "/api/v1/live", "/nothing"}) {
    EXPECT_THAT(get(target).head->http1, HasSubstr("Access-Control-Allow-Origin: *\r\n")) << target;
    EXPECT_THAT(get(target).head->http1,
                HasSubstr("Access-Control-Expose-Headers: Age, Date, Content-Length"));
  }
  request.method = Method::options;
  const auto response = get("/live/show/480p/abc-s1.m4s");
  EXPECT_EQ(response.head->status, 204u);
  EXPECT_THAT(response.head->http1, HasSubstr("Access-Control-Allow-Headers: Range\r\n"));
}

TEST_F(OriginTest, RefusesOtherMethods) {
  request.method = Method::other;
  const auto response = get("/live/show/index.m3u8");
  EXPECT_EQ(response.head->status, 405u);
  EXPECT_THAT(response.head->http1, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
}

TEST_F(OriginTest, AnswersTheSmallServices) {
  EXPECT_EQ(status("/healthz"), 200u);
  EXPECT_EQ(status("/readyz"), 200u);
  site.ready = [] { return false; };
  EXPECT_EQ(status("/readyz"), 503u);
  EXPECT_EQ(status("/rt"), 426u);
  EXPECT_EQ(status("/"), 404u) << "no pages are loaded here";
}

TEST_F(OriginTest, ListsWhatIsLiveWithItsViewers) {
  show(test::rendition_at(5, 2));
  state.counts = std::make_shared<ViewerCounts>(ViewerCounts{{"show", 7}});
  EXPECT_EQ(body_of(get("/api/v1/live")), R"({
  "streams": [
    {
      "name": "show",
      "state": "live",
      "started": "2026-05-01T12:00:00Z",
      "viewers": 7
    }
  ]
}
)");
}

class OriginBehindACache : public OriginTest {
 protected:
  OriginBehindACache() : OriginTest{false} {}
};

TEST_F(OriginBehindACache, GivesEveryoneTheSamePaths) {
  show(test::rendition_at(1, 1));
  const auto response = get("/live/show/index.m3u8");
  EXPECT_THAT(body_of(response), HasSubstr("\n480p/index.m3u8\n"));
  EXPECT_THAT(response.head->http1, HasSubstr("Cache-Control: public, max-age=3\r\n"));
}

TEST_F(OriginBehindACache, SaysHowLongAPlaylistMayBeKept) {
  show(test::rendition_at(5, 2));
  EXPECT_THAT(get("/live/show/480p/index.m3u8").head->http1, HasSubstr("max-age=2\r\n"));
  EXPECT_THAT(get("/live/show/480p/index.m3u8?_HLS_msn=5&_HLS_part=1").head->http1,
              HasSubstr("max-age=18\r\n"));
}

}  // namespace
}  // namespace levee::delivery
