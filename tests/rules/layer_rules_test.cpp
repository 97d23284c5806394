#include "layer_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::rules {
namespace {

constexpr auto kTable = R"(
# Architecture
| floor | folder | what it is | may include | outside libraries it alone names |
| --- | --- | --- | --- | --- |
| 3 | `app` | wiring | all | toml++ |
| 2 | `ingest` | sockets | `base`, `rtmp` | Asio, sockets, libsrt |
| 2 | `delivery` | HTTP | `base` | Asio, sockets, Beast |
| 1 | `rtmp` | parsing | `base` | |
| 1 | `base` | bytes | | spdlog |
)";

const LayerTable& table() {
  static const LayerTable read = read_layer_table(kTable);
  return read;
}

std::vector<std::string> faults(const std::string& path, const std::string& text) {
  std::vector<std::string> said;
  for (const auto& finding : check_layers({path, text}, table())) said.push_back(to_string(finding));
  return said;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LayerTable, IsReadFromTheDocument) {
  ASSERT_EQ(table().size(), 5u);
  EXPECT_EQ(table().at("ingest").floor, 2);
  EXPECT_THAT(table().at("ingest").may_include, ElementsAre("base", "rtmp"));
  EXPECT_THAT(table().at("delivery").outside, ElementsAre("Asio", "Beast", "sockets"));
  EXPECT_THAT(table().at("rtmp").outside, IsEmpty());
}

TEST(LayerTable, HasARowForEveryFolderAndOnlyPointsDown) {
  auto upside_down = read_layer_table(
      "| 1 | `base` | x | `rtmp` | |\n"
      "| 2 | `rtmp` | x | `base` `gone` | |\n");
  std::vector<std::string> said;
  for (const auto& finding : check_table(upside_down, {"base", "rtmp", "util"})) said.push_back(finding.what);
  EXPECT_THAT(said, ElementsAre("base may include rtmp, which is not below it",
                                "rtmp may include gone, which has no row", "the folder util has no row"));
}

TEST(Layers, AFolderMayIncludeItselfAndItsRow) {
  EXPECT_THAT(faults("src/ingest/a.cpp",
                     "#include \"levee/ingest/a.hpp\"\n#include \"ingest/private.hpp\"\n"
                     "#include \"levee/rtmp/chunk.hpp\"\n#include <vector>\n"),
              IsEmpty());
  EXPECT_THAT(faults("src/app/a.cpp", "#include \"levee/delivery/server.hpp\"\n"), IsEmpty());
  EXPECT_THAT(faults("src/main.cpp", "#include \"levee/delivery/server.hpp\"\n"), IsEmpty());
}

TEST(Layers, AnEdgeMayNotIncludeAnEdge) {
  EXPECT_THAT(faults("src/ingest/a.cpp", "#include <vector>\n#include \"levee/delivery/server.hpp\"\n"),
              ElementsAre("src/ingest/a.cpp:2: ingest may not include delivery"));
}

TEST(Layers, NothingIncludesUpwardNorAnothersPrivateHeader) {
  EXPECT_THAT(faults("include/levee/rtmp/a.hpp", "#include \"levee/ingest/a.hpp\"\n"),
              ElementsAre("include/levee/rtmp/a.hpp:1: rtmp may not include ingest"));
  EXPECT_THAT(faults("src/rtmp/a.cpp", "#include \"delivery/private.hpp\"\n"),
              ElementsAre("src/rtmp/a.cpp:1: rtmp may not include delivery"));
}

TEST(Layers, AnOutsideLibraryIsNamedOnlyWhereItsRowSaysSo) {
  EXPECT_THAT(faults("src/rtmp/a.cpp", "#include <boost/asio/buffer.hpp>\n"),
              ElementsAre("src/rtmp/a.cpp:1: rtmp may not name Asio"));
  EXPECT_THAT(
      faults("src/delivery/a.cpp", "#include <boost/asio/ip/tcp.hpp>\n#include <boost/beast/http.hpp>\n"),
      IsEmpty());
  EXPECT_THAT(faults("src/ingest/a.cpp", "#include <srt/srt.h>\n#include <boost/beast/http.hpp>\n"),
              ElementsAre("src/ingest/a.cpp:2: ingest may not name Beast"));
  EXPECT_THAT(faults("src/rtmp/a.cpp", "#include <spdlog/spdlog.h>\n"),
              ElementsAre("src/rtmp/a.cpp:1: rtmp may not name spdlog"));
  EXPECT_THAT(faults("src/rtmp/a.cpp", "#include <boost/system/result.hpp>\n#include <spdlog/fmt/fmt.h>\n"),
              IsEmpty());
}

TEST(Layers, SaysWhichFolderAPathIsOf) {
  EXPECT_EQ(folder_of("src/rtmp/chunk.cpp"), "rtmp");
  EXPECT_EQ(folder_of("include/levee/rtmp/chunk.hpp"), "rtmp");
  EXPECT_EQ(folder_of("src/main.cpp"), "app");
  EXPECT_EQ(folder_of("loadtest/surge/player.cpp"), "surge");
  EXPECT_EQ(folder_of("loadtest/sim/server.cpp"), "sim");
  EXPECT_EQ(folder_of("loadtest/tracks/hub.cpp"), "tracks");
  EXPECT_EQ(folder_of("tests/unit/rtmp/chunk_test.cpp"), "");
}

}  // namespace
}  // namespace levee::rules
