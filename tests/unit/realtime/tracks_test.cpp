#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "feeds_fixture.hpp"

namespace levee::realtime {
namespace {

class TracksTest : public FeedsTest {
 protected:
  json report(Client& from, const std::string& rest) {
    from.connection.take();
    ask(from, R"({"i":4,"op":"loc","ch":"track:guards","dev":"v17","b":100,)" + rest + "}");
    return from.connection.take().back();
  }
  static std::string fix(int sequence, double speed = 1.5) {
    return R"({"s":)" + std::to_string(sequence) + R"(,"t":4000,"lat":59.3293,"lon":18.0686,"acc":6,"spd":)" +
           std::to_string(speed) + R"(,"hdg":90,"m":"moving","nx":5000})";
  }
  std::unique_ptr<Client> device() {
    return nameless(R"(,"token":"{\"sub\":\"v17\",\"exp\":9999999999,\"pub\":[\"track:guards\"]}")");
  }
};

TEST_F(TracksTest, AReportIsAnsweredByWhenTheNextIsDueAndWhy) {
  const auto v17 = device();
  const auto answer = report(*v17, R"("r":[)" + fix(1, 3) + "]");
  EXPECT_EQ(answer["ok"]["ack"], 1);
  EXPECT_EQ(answer["ok"]["why"], "unwatched");
  EXPECT_EQ(answer["ok"]["next"], 26'666);
  EXPECT_EQ(answer["ok"]["rate"]["e"], 80);
}

TEST_F(TracksTest, WhoWatchesMakesADeviceReportOftener) {
  const auto v17 = device();
  report(*v17, R"("r":[)" + fix(1, 3) + "]");
  const auto ann = client("Ann");
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  const auto answer = report(*v17, R"("r":[)" + fix(2, 3) + "]");
  EXPECT_EQ(answer["ok"]["why"], "watched");
  EXPECT_EQ(answer["ok"]["next"], 6666);
}

TEST_F(TracksTest, AViewerGetsTheFixItsAgeAndThePromise) {
  const auto v17 = device();
  report(*v17, R"("r":[)" + fix(1) + "]");
  const auto ann = client("Ann");
  ann->connection.take();
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  const auto seen = ann->connection.take();
  ASSERT_EQ(seen.size(), 3u);
  const auto& record = seen[1]["r"][0];
  EXPECT_EQ(record["k"], "v17");
  EXPECT_EQ(record["q"], (json{100, 1}));
  EXPECT_EQ(record["age"], 1000) << "of the fix, not of the report";
  EXPECT_EQ(record["ttl"], 5000);
  EXPECT_EQ(record["d"]["lat"], 59.3293);
  EXPECT_EQ(record["d"]["m"], "moving");
}

TEST_F(TracksTest, ABacklogExtendsTheTrailAndNeverBecomesThePresent) {
  const auto v17 = device();
  EXPECT_EQ(report(*v17, R"("from":3,"r":[)" + fix(9) + "]")["ok"]["ack"], 2) << "3 to 8 are still to come";
  const auto ann = client("Ann");
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  ann->connection.take();
  EXPECT_EQ(report(*v17, R"("from":3,"bf":1,"r":[)" + fix(8) + "," + fix(7) + "]")["ok"]["ack"], 2);
  EXPECT_EQ(report(*v17, R"("from":3,"bf":1,"r":[)" + fix(6) + "," + fix(5) + "," + fix(4) + "," + fix(3) +
                             "]")["ok"]["ack"],
            9);
  for (const auto& message : ann->connection.take()) EXPECT_FALSE(message.contains("r")) << message;
  report(*v17, R"("r":[)" + fix(8) + "]");
  for (const auto& message : ann->connection.take()) EXPECT_FALSE(message.contains("r")) << message;
}

TEST_F(TracksTest, ADevicesClockMayBeWrong) {
  const auto v17 = device();
  report(*v17, R"("now":9000000,"r":[{"s":1,"t":8998000,"lat":1,"lon":2}])");
  const auto ann = client("Ann");
  ann->connection.take();
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  EXPECT_EQ(ann->connection.take()[1]["r"][0]["age"], 2000);
}

TEST_F(TracksTest, OnlyTheDeviceItselfOrAModeratorReportsForIt) {
  const auto other =
      nameless(R"(,"token":"{\"sub\":\"v18\",\"exp\":9999999999,\"pub\":[\"track:guards\"]}")");
  EXPECT_EQ(report(*other, R"("r":[)" + fix(1) + "]")["err"]["c"], 4034);
  const auto guest = client("Ann");
  EXPECT_EQ(report(*guest, R"("r":[)" + fix(1) + "]")["err"]["c"], 4034);
  const auto office = nameless(
      R"(,"token":"{\"sub\":\"hq\",\"exp\":9999999999,\"role\":\"moderator\",\"pub\":[\"track:guards\"]}")");
  EXPECT_TRUE(report(*office, R"("r":[)" + fix(1) + "]").contains("ok"));
}

TEST_F(TracksTest, RefusesPlacesThatAreNone) {
  const auto v17 = device();
  for (const auto* bad :
       {R"("lat":91,"lon":0)", R"("lat":0,"lon":181)", R"("lat":0)", R"("lat":"0","lon":0)"})
    EXPECT_EQ(report(*v17, std::string{R"("r":[{"s":1,"t":4000,)"} + bad + "}]")["err"]["c"], 4000) << bad;
}

}  // namespace
}  // namespace levee::realtime
