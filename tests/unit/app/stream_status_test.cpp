#include "levee/app/stream_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Writes down what is set.
class RecordingBus final : public realtime::Bus {
 public:
  std::unique_ptr<realtime::BusClient> attach(boost::asio::io_context&, realtime::BusListener&) override {
    return nullptr;
  }
  void set_value(const std::string& channel, std::string body, std::int64_t) override {
    said.push_back(channel + " " + body);
  }
  void set_count(const std::string& channel, std::uint64_t count, std::int64_t) override {
    said.push_back(channel + " " + std::to_string(count));
  }
  void read_trails(const std::string&, const std::string&, TrailsRead) override {}
  realtime::BusState state() const override { return realtime::BusState::up; }

  std::vector<std::string> said;
};

class RecordingOutlet final : public stream::Outlet {
 public:
  void updated(std::shared_ptr<const stream::StreamView> view, std::string_view changed) override {
    given.push_back(view->name + " " + std::string{changed});
  }
  void removed(const std::string& name) override { given.push_back(name + " removed"); }

  std::vector<std::string> given;
};

struct StreamStatusTest : testing::Test {
  void update(stream::StreamState state, std::string_view changed = {}) {
    auto view = std::make_shared<stream::StreamView>();
    view->name = "show";
    view->state = state;
    status.updated(std::move(view), changed);
  }

  RecordingBus bus;
  RecordingOutlet outlet;
  StreamStatus status{outlet, bus};
};

TEST_F(StreamStatusTest, SaysAStateOnceAndHandsEveryUpdateOn) {
  update(stream::StreamState::starting);
  update(stream::StreamState::live, "source");
  update(stream::StreamState::live, "audio");
  update(stream::StreamState::interrupted);
  EXPECT_THAT(bus.said, ElementsAre(R"(status:show {"state":"starting"})", R"(status:show {"state":"live"})",
                                    R"(status:show {"state":"interrupted"})"));
  EXPECT_THAT(outlet.given, ElementsAre("show ", "show source", "show audio", "show "));
}

TEST_F(StreamStatusTest, TellsTheViewersOfEveryStream) {
  status.count({{"show", 3}, {"other", 0}}, 1);
  EXPECT_THAT(bus.said, ElementsAre("count:show 3", "count:other 0"));
}

TEST_F(StreamStatusTest, SaysStatesAgainFromTimeToTime) {
  update(stream::StreamState::live);
  bus.said.clear();
  for (unsigned i = 0; i + 1 < StreamStatus::kRepeat; ++i) status.count({}, 1);
  EXPECT_THAT(bus.said, IsEmpty());
  status.count({}, 1);
  EXPECT_THAT(bus.said, ElementsAre(R"(status:show {"state":"live"})"));
}

TEST_F(StreamStatusTest, ARemovedStreamHasNoViewersAndIsNotSaidAgain) {
  update(stream::StreamState::ended);
  bus.said.clear();
  status.removed("show");
  EXPECT_THAT(bus.said, ElementsAre("count:show 0", "status:show "));
  for (unsigned i = 0; i < StreamStatus::kRepeat; ++i) status.count({}, 1);
  EXPECT_THAT(bus.said, ElementsAre("count:show 0", "status:show "));
}

}  // namespace
}  // namespace levee::app
