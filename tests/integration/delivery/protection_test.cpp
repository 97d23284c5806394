// How the server protects those who watch, over sockets: who is let in, who must wait, and who is closed.
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/delivery/http_server.hpp"
#include "levee/delivery/viewer_token.hpp"
#include "levee/runtime/run_blocking.hpp"

#include "support/fake_rendition.hpp"
#include "support/http_client.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using test::HttpClient;
using test::HttpReply;
using testing::HasSubstr;

constexpr const char* kDoor = "/live/show/index.m3u8";

/// Takes descriptors until the lowest free one has a certain number: a load that a test can set.
class Descriptors {
 public:
  Descriptors() = default;
  ~Descriptors() { fill(0); }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;

  void fill(int number) {
    std::erase_if(taken_, [&](int one) { return one >= number && ::close(one) == 0; });
    for (;;) {
      const int next = ::open("/dev/null", O_RDONLY);
      if (next < 0 || next >= number) {
        ::close(next);
        return;
      }
      taken_.push_back(next);
    }
  }

 private:
  std::vector<int> taken_;
};

/// A server on one shard, so that one gate sees everyone, with its control thread apart.
class ProtectionTest : public testing::Test {
 protected:
  ProtectionTest() {
    settings.address = settings.admin_address = "127.0.0.1";
    settings.port = settings.admin_port = 0;
    settings.web_root.clear();
    settings.token_key = "secret";
    hooks.control = &control.shard(0);
    hooks.write_metrics = [this](MetricsText& out) { server->write_metrics(out); };
  }
  ~ProtectionTest() override {
    if (server) runtime::run_blocking(shards.shard(0), server->stop());
    shards.stop();
    control.stop();
  }

  void start() {
    catalog.emplace(shards, settings.max_parked);
    server.emplace(shards, settings, hls_settings, *catalog, hooks);
    server->start();
    shards.start();
    control.start();
    show(test::rendition_at(5, 2));
  }
  void show(std::shared_ptr<const hls::RenditionView> rendition) {
    catalog->updated(test::stream_of({std::move(rendition)}), "480p");
    auto nothing = []() -> boost::asio::awaitable<void> { co_return; };
    runtime::run_blocking(shards.shard(0), nothing());
  }
  HttpClient client() { return HttpClient{server->port()}; }
  HttpClient ops() { return HttpClient{server->admin_port()}; }

  std::string token() const {
    return ViewerTokens{settings.token_key}.issue("show", std::chrono::system_clock::now());
  }
  std::string inside(const std::string& file) const { return "/live/show/v/" + token() + "/480p/" + file; }

  void show_two_rungs() {
    auto low = test::rendition_at(5, 2, "240p");
    catalog->updated(test::stream_of({test::rendition_at(5, 2), std::move(low)}), "");
    auto nothing = []() -> boost::asio::awaitable<void> { co_return; };
    runtime::run_blocking(shards.shard(0), nothing());
  }
  bool reaches(const std::string& level) {
    return becomes("levee_admission_level{level=\"" + level + "\"} 1");
  }
  bool becomes(const std::string& metric_line) {
    for (int i = 0; i < 800; ++i) {
      if (ops().get("/metrics").body.find("\n" + metric_line + "\n") != std::string::npos) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  Settings settings;
  hls::Settings hls_settings;
  HttpHooks hooks;
  runtime::ShardPool shards{1};
  runtime::ShardPool control{1};
  std::optional<Catalog> catalog;
  std::optional<HttpServer> server;
};

TEST_F(ProtectionTest, TellsNewcomersAboveTheRateWhenToComeAndLetsThemInThenOnTheSameConnection) {
  settings.max_newcomers_per_s = 1;
  start();
  ASSERT_TRUE(becomes("levee_admission_newcomers_per_second 1"));
  auto newcomer = client();
  auto reply = newcomer.get(kDoor);
  for (int i = 0; i < 5 && reply.status == 200; ++i) reply = newcomer.get(kDoor);
  ASSERT_EQ(reply.status, 503u);
  EXPECT_EQ(reply.field("Connection"), "");
  EXPECT_EQ(reply.field("Levee-Ticket").size(), 32u);
  EXPECT_FALSE(reply.field("Levee-Wait-Ms").empty());
  const auto told = std::chrono::seconds{std::stoi(reply.field("Retry-After"))};
  EXPECT_GE(told, 1s);
  EXPECT_LE(told, 10s);
  EXPECT_EQ(newcomer.get(inside("index.m3u8")).status, 200u) << "an incumbent's request, on any connection";

  std::this_thread::sleep_for(told);
  EXPECT_EQ(newcomer.get(kDoor).status, 200u) << "let in when it was told to come";
  const auto facts = ops().get("/api/v1/admission").body;
  EXPECT_THAT(facts, HasSubstr("\"newcomers_per_second\": 1.0"));
  EXPECT_THAT(facts, HasSubstr("\"congestion_control\": \""));
}

TEST_F(ProtectionTest, KeepsThoseWhoWaitAtTheDoorUntilTheyAskForSomethingElse) {
  settings.max_newcomers_per_s = 1;
  start();
  ASSERT_TRUE(becomes("levee_admission_newcomers_per_second 1"));
  auto first = client();
  for (int i = 0; i < 5; ++i) first.get(kDoor);
  std::vector<std::unique_ptr<HttpClient>> crowd;
  for (int i = 0; i < 20; ++i) {
    crowd.push_back(std::make_unique<HttpClient>(server->port()));
    crowd.back()->send_get(kDoor);
  }
  for (auto& each : crowd) ASSERT_EQ(each->receive().status, 503u);
  EXPECT_TRUE(becomes("levee_at_the_door 20"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(crowd[0]->get(kDoor).status, 503u) << "again, on the same connection";
  EXPECT_EQ(crowd[0]->get("/healthz").body, "ok\n");
  EXPECT_EQ(crowd[1]->get(inside("abc-p0.m4s")).body, "0.0") << "an incumbent, it turns out";
  EXPECT_TRUE(becomes("levee_at_the_door 18"));
  for (std::size_t i = 2; i < 7; ++i) crowd[i]->reset_on_close();
  crowd.erase(crowd.begin() + 2, crowd.begin() + 12);
  EXPECT_TRUE(becomes("levee_at_the_door 8")) << "who goes away is forgotten, with a goodbye or without";
  EXPECT_TRUE(becomes("levee_http_connections{listener=\"public\"} 11"));
}

TEST_F(ProtectionTest, AnswersAtTheDoorHoweverTheRequestIsSent) {
  settings.max_newcomers_per_s = 1;
  start();
  ASSERT_TRUE(becomes("levee_admission_newcomers_per_second 1"));
  auto first = client();
  for (int i = 0; i < 5; ++i) first.get(kDoor);
  const std::string request = std::string{"GET "} + kDoor + " HTTP/1.1\r\nHost: a\r\n\r\n";
  auto halves = client();
  halves.send(request.substr(0, 20));
  EXPECT_TRUE(halves.is_silent_for(50ms));
  halves.send(request.substr(20));
  EXPECT_EQ(halves.receive().status, 503u);
  auto pipelining = client();
  pipelining.send(request + request);
  EXPECT_EQ(pipelining.receive().status, 503u);
  EXPECT_EQ(pipelining.receive().status, 503u);
  auto head = client();
  head.send_get(kDoor, {}, "HEAD");
  EXPECT_EQ(head.receive(false).status, 503u);
  EXPECT_EQ(head.get("/healthz").body, "ok\n") << "no body came with it";
  auto closing = client();
  EXPECT_EQ(closing.get(kDoor, "Connection: close\r\n").field("Connection"), "close");
  EXPECT_TRUE(closing.is_closed());
}

TEST_F(ProtectionTest, ClosesWhoIsSilentAtTheDoorForTooLong) {
  settings.max_newcomers_per_s = 1;
  settings.idle_timeout = 1s;
  start();
  ASSERT_TRUE(becomes("levee_admission_newcomers_per_second 1"));
  auto silent = client();
  auto waiting = client();
  for (int i = 0; i < 5 && waiting.get(kDoor).status == 200; ++i) {
  }
  auto refused = client();
  EXPECT_EQ(refused.get(kDoor).status, 503u);
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(refused.is_closed());
  EXPECT_TRUE(becomes("levee_at_the_door 0"));
}

TEST_F(ProtectionTest, GivesWayInOrderAsTheNodeFillsUp) {
  constexpr int kLimit = 600;  // of which nine tenths may be used
  settings.file_limit = kLimit;
  start();
  show_two_rungs();
  auto newcomer = client();
  auto reply = newcomer.get(kDoor);
  EXPECT_LT(reply.body.find("480p/"), reply.body.find("240p/"));

  Descriptors descriptors;
  descriptors.fill(kLimit * 6 / 10);
  ASSERT_TRUE(reaches("start_low"));
  reply = newcomer.get(kDoor);
  EXPECT_EQ(reply.status, 200u) << "nobody has to wait yet";
  EXPECT_LT(reply.body.find("240p/"), reply.body.find("480p/")) << "but begins on the lower rung";

  const auto ask_while = [&](unsigned status, int full) {
    for (int i = 0; i < 400 && reply.status == status; ++i) {
      descriptors.fill(full);  // again: a connection that ended meanwhile has left a hole
      std::this_thread::sleep_for(10ms);
      reply = newcomer.get(kDoor);
    }
  };
  ask_while(200, kLimit * 97 / 100);
  ASSERT_EQ(reply.status, 503u);
  EXPECT_FALSE(reply.field("Retry-After").empty());
  EXPECT_TRUE(reaches("hide_top")) << "it has been too full for some seconds";
  EXPECT_EQ(newcomer.get(inside("abc-p0.m4s")).status, 200u) << "who is in is refused nothing";
  EXPECT_THAT(newcomer.get("/live/show/v/" + token() + "/index.m3u8").body, HasSubstr("480p/"));

  ask_while(503, kLimit * 87 / 100);  // a little room, and still too full to offer all
  ASSERT_EQ(reply.status, 200u);
  EXPECT_THAT(reply.body, testing::Not(HasSubstr("480p/")));
  EXPECT_THAT(reply.body, HasSubstr("240p/"));

  descriptors.fill(0);
  EXPECT_TRUE(reaches("open"));
}

TEST_F(ProtectionTest, LetsEveryoneInWhereAdmissionOrSessionsAreOff) {
  settings.admission = false;
  start();
  auto viewer = client();
  for (int i = 0; i < 300; ++i) ASSERT_EQ(viewer.get(kDoor).status, 200u) << i;
  EXPECT_THAT(ops().get("/api/v1/admission").body, HasSubstr("\"enabled\": false"));
}

TEST_F(ProtectionTest, KeepsTheLastDescriptorsForThoseWhoWatch) {
  const int lowest = ::open("/dev/null", O_RDONLY);
  ::close(lowest);
  // Some twenty for anyone, and then 25 for known viewers alone. Every client here takes two.
  settings.file_limit = static_cast<std::size_t>(lowest) + 75;
  settings.file_limit -= settings.file_limit % 4;
  start();
  std::vector<std::unique_ptr<HttpClient>> clients;
  HttpReply reply;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server->port()));
    reply = clients.back()->get(kDoor);
    if (reply.status != 200) break;
  }
  ASSERT_EQ(reply.status, 503u);
  EXPECT_EQ(reply.field("Connection"), "close");
  EXPECT_GT(clients.size(), 2u);
  EXPECT_EQ(client().get(inside("index.m3u8")).status, 200u) << "a known viewer on a new connection";

  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server->port()));
    reply = clients.back()->get(inside("index.m3u8"));
    if (reply.status != 200) break;
  }
  EXPECT_NE(reply.status, 200u) << "nobody has the very last ones";
  EXPECT_EQ(clients.front()->get(inside("index.m3u8")).status, 200u);
  clients.clear();
  for (int i = 0; i < 200 && reply.status != 200; ++i) {
    reply = client().get(kDoor);
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(reply.status, 200u);
}

TEST_F(ProtectionTest, TakesBackTheDescriptorsOfThoseWhoWaitWhenFewAreLeft) {
  const int lowest = ::open("/dev/null", O_RDONLY);
  ::close(lowest);
  settings.file_limit = static_cast<std::size_t>(lowest) + 160;
  settings.max_newcomers_per_s = 1;
  start();
  ASSERT_TRUE(becomes("levee_admission_newcomers_per_second 1"));
  std::vector<std::unique_ptr<HttpClient>> waiting;
  for (int i = 0; i < 80; ++i) {
    auto newcomer = std::make_unique<HttpClient>(server->port());
    const auto reply = newcomer->get(kDoor);
    EXPECT_EQ(reply.field("Connection"), "") << i;
    if (reply.status == 200) continue;
    ASSERT_EQ(reply.status, 503u) << i;
    EXPECT_EQ(reply.field("Levee-Ticket").size(), 32u) << i;
    waiting.push_back(std::move(newcomer));
  }
  ASSERT_GT(waiting.size(), 40u);
  EXPECT_TRUE(waiting.front()->is_silent_for(50ms)) << "who has been told first keeps its connection";
  EXPECT_TRUE(waiting[waiting.size() - 2]->is_closed());
  std::vector<std::unique_ptr<HttpClient>> viewers;
  for (int i = 0; i < 10; ++i) {
    viewers.push_back(std::make_unique<HttpClient>(server->port()));
    EXPECT_EQ(viewers.back()->get(inside("index.m3u8")).status, 200u) << i;
  }
}

TEST_F(ProtectionTest, ClosesWhoTakesMediaFarBelowItsRateAndKeepsWhoTakesItSlowly) {
  settings.write_timeout = 1s;
  start();
  auto rendition = test::rendition_at(5, 2);
  rendition->part_bytes[0] = test::media_bytes("x", std::size_t{16} << 20U);
  show(rendition);  // of 1.2 Mbit/s: a quarter of it is 37 kB a second
  HttpClient trickling{server->port(), 4096};
  HttpClient slow{server->port(), 4096};
  trickling.send_get(inside("abc-p0.m4s"));
  slow.send_get(inside("abc-p0.m4s"));
  const auto begin = Clock::now();
  bool closed = false;
  while (!closed && Clock::now() - begin < 10s) {
    closed = trickling.take(500) == 0;
    ASSERT_GT(slow.take(20'000), 0u);
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_TRUE(closed) << "5 kB a second";
  EXPECT_GT(slow.take(20'000), 0u) << "200 kB a second";
  EXPECT_TRUE(becomes("levee_http_closed_total{listener=\"public\",reason=\"slow\"} 1"));
}

TEST_F(ProtectionTest, GivesTheListenerTheCongestionControlThatIsAskedFor) {
  settings.congestion_control = "reno";
  start();
  EXPECT_THAT(ops().get("/api/v1/admission").body, HasSubstr("\"congestion_control\": \"reno\""));
  EXPECT_TRUE(becomes("levee_congestion_control_info{name=\"reno\"} 1"));
}

TEST_F(ProtectionTest, SaysThatACongestionControlIsNotThere) {
  settings.congestion_control = "nosuch";
  EXPECT_THROW(start(), boost::system::system_error);
  server.reset();
}

TEST_F(ProtectionTest, MeasuresHowLateMediaReachesSettledViewers) {
  start();
  auto viewer = client();
  const auto path = "/live/show/v/" +
                    ViewerTokens{settings.token_key}.issue("show", std::chrono::system_clock::now() - 10s) +
                    "/480p/";
  const auto begin = Clock::now();
  // Settled is who has been served here for five seconds.
  while (Clock::now() - begin < 5200ms) {
    ASSERT_EQ(viewer.get(path + "abc-p0.m4s").status, 200u);
    std::this_thread::sleep_for(20ms);
  }
  std::string facts;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(viewer.get(path + "abc-p0.m4s").status, 200u);
    facts = ops().get("/api/v1/admission").body;
    if (facts.find("\"count\": 0,") == std::string::npos) break;
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_THAT(facts, testing::Not(HasSubstr("\"count\": 0,")));
  EXPECT_TRUE(becomes("levee_admission_incumbents 1"));
  EXPECT_TRUE(becomes("levee_admission_returned_total 1"));
}

}  // namespace
}  // namespace levee::delivery
