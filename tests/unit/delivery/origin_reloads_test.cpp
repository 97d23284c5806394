// What a player of whole segments is told when it reloads together with a crowd.
#include <string>

#include <gtest/gtest.h>

#include "levee/delivery/origin.hpp"

#include "unit/delivery/origin_fixture.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;

/// A viewer who has watched for some time, and is about to reload with many others. Segments are of 2 s, the
/// target duration is 3 s.
class OriginBesideACrowd : public OriginTest {
 protected:
  OriginBesideACrowd() {
    now = kReady;
    be_at(10);
    for (std::uint64_t segment = 7; segment < 10; ++segment) fetch(segment);
    pass(3s);
    be_at(11);
    reload();
    fetch(10);
    pass(3s);
    be_at(13);
    fetch(11);
    fetch(12);
    had = reload();
    pass(3s);
    be_at(14);
  }
  void pass(Duration time) {
    now += time;
    wall += time;
  }
  void be_at(std::uint64_t msn, const std::string& id = "abc") {
    view = test::stream_of({test::rendition_at(msn, 0), test::rendition_at(msn, 0, "240p")});
    view->id = id;
    shelf.put(prepare(view, nullptr, now), "");
  }
  void fetch(std::uint64_t segment) {
    EXPECT_EQ(status(base + "480p/abc-s" + std::to_string(segment) + ".m4s"), 200U);
  }
  std::string reload(std::string_view rendition = "480p", std::string_view query = "") {
    return body_of(get(base + std::string{rendition} + "/index.m3u8" + std::string{query}));
  }
  void crowd_comes() {
    for (int i = 0; i < 200; ++i) {
      Reloads other;
      state.reload_phases.move(other, false, now);
    }
  }
  static std::string text_at(std::uint64_t msn) { return test::rendition_at(msn, 0)->whole; }

  std::string base = "/live/show/v/" + site.tokens.issue("show", test::show_start(), 7) + "/";
  std::string had;
};

TEST_F(OriginBesideACrowd, GivesSomeOnceMoreWhatTheyHave) {
  ASSERT_EQ(had, text_at(13));
  crowd_comes();
  EXPECT_EQ(reload(), had);
  EXPECT_EQ(state.reloads_moved.value(), 1U);
  pass(1500ms);
  crowd_comes();
  EXPECT_EQ(reload(), text_at(14)) << "and nobody twice";
}

TEST_F(OriginBesideACrowd, GivesTheNewestWhereThereIsNoCrowd) { EXPECT_EQ(reload(), text_at(14)); }

TEST_F(OriginBesideACrowd, GivesTheNewestToWhoHasLittleLeft) {
  pass(100ms);  // in which it plays what it fetched last, and nothing more comes
  crowd_comes();
  const auto dry = *state.sessions.seen("show", base.substr(13, ViewerTokens::kLength), now, wall).play_out;
  ASSERT_LT(dry.runs_dry() - now, 3s);
  EXPECT_EQ(reload(), text_at(14));
}

TEST_F(OriginBesideACrowd, GivesTheNewestOfAnotherRenditionAndOfAnotherShow) {
  crowd_comes();
  EXPECT_EQ(reload("240p"), text_at(14));
  EXPECT_EQ(reload(), text_at(14)) << "when it comes back, what it has is of the other rendition";

  pass(3s);
  be_at(3, "abd");
  crowd_comes();
  EXPECT_EQ(reload(), text_at(3));
}

TEST_F(OriginBesideACrowd, GivesWhoAsksForAPartOrForTheEndWhatTheyAskFor) {
  crowd_comes();
  EXPECT_EQ(reload("480p", "?_HLS_msn=13"), text_at(14));
  auto ended = test::rendition_at(14, 0);
  ended->has_ended = true;
  view = test::stream_of({ended});
  shelf.put(prepare(view, nullptr, now), "");
  EXPECT_EQ(reload(), text_at(14));
}

}  // namespace
}  // namespace levee::delivery
