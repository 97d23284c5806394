#include "levee/delivery/target.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::delivery {
namespace {

using Kind = Target::Kind;

TEST(Target, NamesWhatLiesUnderAStream) {
  const auto multivariant = parse_target("/live/show/index.m3u8");
  EXPECT_EQ(multivariant.kind, Kind::multivariant);
  EXPECT_EQ(multivariant.stream, "show");

  const auto again = parse_target("/live/show/v/To_-9/index.m3u8?ticket=x");
  EXPECT_EQ(again.kind, Kind::multivariant);
  EXPECT_EQ(again.stream, "show");
  EXPECT_EQ(again.token, "To_-9");
  EXPECT_EQ(query_value(again.query, "ticket"), "x");
  EXPECT_EQ(query_value(again.query, "tick"), "");
  EXPECT_EQ(query_value("a=1&ticket=&b=2", "ticket"), "");
  EXPECT_EQ(query_value("a=1&ticket&b=2", "b"), "2");

  const auto playlist = parse_target("/live/show/v/To_-9/480p/index.m3u8?_HLS_msn=3&_HLS_part=1");
  EXPECT_EQ(playlist.kind, Kind::playlist);
  EXPECT_EQ(playlist.token, "To_-9");
  EXPECT_EQ(playlist.rendition, "480p");
  EXPECT_EQ(playlist.query, "_HLS_msn=3&_HLS_part=1");

  const auto media = parse_target("/live/show/480p/abc-p7.m4s");
  EXPECT_EQ(media.kind, Kind::media);
  EXPECT_EQ(media.token, "");
  EXPECT_EQ(media.file, "abc-p7.m4s");
}

TEST(Target, NamesPagesAndServices) {
  EXPECT_EQ(parse_target("/").kind, Kind::index_page);
  EXPECT_EQ(parse_target("/?x=1").kind, Kind::index_page);
  EXPECT_EQ(parse_target("/watch/my-show").kind, Kind::watch_page);
  EXPECT_EQ(parse_target("/map/guards").kind, Kind::map_page);
  EXPECT_EQ(parse_target("/report/guards").kind, Kind::report_page);
  EXPECT_EQ(parse_target("/map/guards").stream, "guards");
  EXPECT_EQ(parse_target("/assets/fonts/inter.woff2").kind, Kind::asset);
  EXPECT_EQ(parse_target("/assets/fonts/inter.woff2").path, "/assets/fonts/inter.woff2");
  EXPECT_EQ(parse_target("/api/v1/live").kind, Kind::live_list);
  EXPECT_EQ(parse_target("/api/v1/feeds/fx").kind, Kind::feed);
  EXPECT_EQ(parse_target("/api/v1/feeds/fx").file, "fx");
  EXPECT_EQ(parse_target("/api/v1/tracks/guards/v17").kind, Kind::trail);
  EXPECT_EQ(parse_target("/api/v1/tracks/guards/v17").stream, "guards");
  EXPECT_EQ(parse_target("/api/v1/tracks/guards/v17").file, "v17");
  EXPECT_EQ(parse_target("/api/v1/tracks/guards").kind, Kind::unknown) << "the admin port has that";
  EXPECT_EQ(parse_target("/healthz").kind, Kind::health);
  EXPECT_EQ(parse_target("/readyz").kind, Kind::readiness);
  EXPECT_EQ(parse_target("/rt?v=1").kind, Kind::realtime);
}

TEST(Target, TakesTheAbsoluteForm) {
  EXPECT_EQ(parse_target("http://host:8080/live/show/index.m3u8").kind, Kind::multivariant);
  EXPECT_EQ(parse_target("http://host").kind, Kind::index_page);
}

TEST(Target, DoesNotKnowTheRest) {
  for (const char* text : {"",
                           "*",
                           "live/show/index.m3u8",
                           "/live",
                           "/live/",
                           "/live/show",
                           "/live/show/",
                           "/live//index.m3u8",
                           "/live/show/x.m3u8",
                           "/live/show/v/token/index.m3u8/x",
                           "/live/show/w/token/480p/index.m3u8",
                           "/live/show/v//480p/index.m3u8",
                           "/live/show/v/to.ken/480p/index.m3u8",
                           "/live/../show/index.m3u8",
                           "/live/show/480p/a/b/c/d/e",
                           "/live/%73how/index.m3u8",
                           "/watch/",
                           "/watch/a/b",
                           "/assets",
                           "/api",
                           "/live/-show/index.m3u8",
                           "//live/show/index.m3u8"})
    EXPECT_EQ(parse_target(text).kind, Kind::unknown) << text;
  EXPECT_EQ(parse_target("/live/" + std::string(65, 'a') + "/index.m3u8").kind, Kind::unknown);
}

TEST(PlaylistQuery, ReadsTheDirectivesAndIgnoresTheRest) {
  const auto [query, fault] = parse_playlist_query("a=b&_HLS_msn=12&_HLS_part=0&_HLS_skip=YES&_HLS_x=1&c");
  EXPECT_EQ(fault, nullptr);
  EXPECT_EQ(query.msn, 12u);
  EXPECT_EQ(query.part, 0u);
  EXPECT_TRUE(query.skip);
  EXPECT_TRUE(parse_playlist_query("_HLS_skip=v2").query.skip);
  EXPECT_FALSE(parse_playlist_query("_HLS_skip=no").query.skip);
}

TEST(PlaylistQuery, RefusesWhatCannotBeMeant) {
  for (const char* text : {"_HLS_part=1", "_HLS_msn=", "_HLS_msn", "_HLS_msn=-1", "_HLS_msn=+1",
                           "_HLS_msn=1.0", "_HLS_msn= 1", "_HLS_msn=9223372036854775808",
                           "_HLS_msn=1&_HLS_part=x", "_HLS_msn=1&_HLS_msn=1", "_HLS_skip=YES&_HLS_skip=YES"})
    EXPECT_NE(parse_playlist_query(text).fault, nullptr) << text;
}

TEST(Range, GivesTheBytesOfASingleRange) {
  const auto range = [](const char* field) {
    const auto result = parse_range(field, 100);
    return result ? std::to_string(result->first) + "-" + std::to_string(result->last) : std::string{"none"};
  };
  EXPECT_EQ(range("bytes=0-9"), "0-9");
  EXPECT_EQ(range("bytes=90-"), "90-99");
  EXPECT_EQ(range("bytes=90-1000"), "90-99");
  EXPECT_EQ(range("bytes=-10"), "90-99");
  EXPECT_EQ(range("bytes=-1000"), "0-99");
  for (const char* field : {"bytes=9-0", "bytes=0-1,3-4", "bytes=a-b", "bytes=", "bytes=-", "items=0-9",
                            "0-9", "bytes=1", "bytes=0-x"})
    EXPECT_EQ(parse_range(field, 100).error(), RangeFault::ignore) << field;
  for (const char* field : {"bytes=100-", "bytes=100-200", "bytes=-0"})
    EXPECT_EQ(parse_range(field, 100).error(), RangeFault::unsatisfiable) << field;
  EXPECT_EQ(parse_range("bytes=-5", 0).error(), RangeFault::unsatisfiable);
}

TEST(AcceptEncoding, HearsTheWeights) {
  for (const char* field : {"gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.5", "*", "identity, *;q=0.1",
                            "gzip;q=0.001", "GZIP"})
    EXPECT_TRUE(accepts_gzip(field)) << field;
  for (const char* field : {"", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", ",;,"})
    EXPECT_FALSE(accepts_gzip(field)) << field;
}

}  // namespace
}  // namespace levee::delivery
