#include "levee/delivery/http_server.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/base/result.hpp"
#include "levee/delivery/viewer_token.hpp"
#include "levee/runtime/run_blocking.hpp"

#include "support/fake_rendition.hpp"
#include "support/http_client.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using test::HttpClient;
using testing::HasSubstr;

/// A server on two shards and ports of the kernel's choice, over the loopback.
class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    settings.address = settings.admin_address = "127.0.0.1";
    settings.port = settings.admin_port = 0;
    settings.web_root.clear();
    hooks.write_metrics = [this](MetricsText& out) { server->write_metrics(out); };
  }
  ~HttpServerTest() override {
    if (server) runtime::run_blocking(shards.shard(0), server->stop());
    shards.stop();
  }

  void start() {
    catalog.emplace(shards, settings.max_parked);
    server.emplace(shards, settings, hls_settings, *catalog, hooks);
    server->start();
    shards.start();
  }
  void show(std::shared_ptr<const hls::RenditionView> rendition) {
    catalog->updated(test::stream_of({std::move(rendition)}), "480p");
    settle();
  }
  /// Returns when what was posted to the shards has run.
  void settle() {
    for (std::size_t i = 0; i < shards.size(); ++i) {
      auto nothing = []() -> boost::asio::awaitable<void> { co_return; };
      runtime::run_blocking(shards.shard(i), nothing());
    }
  }
  HttpClient client() { return HttpClient{server->port()}; }

  /// The value of a metric line, as /metrics has it.
  std::string metric(const std::string& name) {
    MetricsText text;
    server->write_metrics(text);
    const auto all = text.text();
    const auto at = all.find("\n" + name + " ");
    if (at == std::string::npos) return "none";
    const auto begin = at + name.size() + 2;
    return all.substr(begin, all.find('\n', begin) - begin);
  }
  bool becomes(const std::string& name, const std::string& value) {
    for (int i = 0; i < 500; ++i) {
      if (metric(name) == value) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  Settings settings;
  hls::Settings hls_settings;
  HttpHooks hooks;
  runtime::ShardPool shards{2};
  std::optional<Catalog> catalog;
  std::optional<HttpServer> server;
};

constexpr const char* kPlaylist = "/live/show/480p/index.m3u8";
constexpr const char* kNextPart = "/live/show/480p/index.m3u8?_HLS_msn=5&_HLS_part=2";
constexpr const char* kParked = "levee_http_parked{listener=\"public\"}";

TEST_F(HttpServerTest, ServesAStreamFromTheMultivariantPlaylistToItsMedia) {
  start();
  show(test::rendition_at(5, 2));
  auto viewer = client();
  const auto multivariant = viewer.get("/live/show/index.m3u8");
  EXPECT_EQ(multivariant.status, 200u);
  const auto at = multivariant.body.find("\nv/");
  ASSERT_NE(at, std::string::npos);
  const auto path = multivariant.body.substr(at + 1, multivariant.body.find('\n', at + 1) - at - 1);
  const auto playlist = viewer.get("/live/show/" + path);
  EXPECT_EQ(playlist.body, "#EXTM3U\n# 5.2\n");
  EXPECT_EQ(playlist.field("Date").size(), std::string{"Sun, 22 Nov 2026 22:26:33 GMT"}.size());
  const auto segment = viewer.get("/live/show/" + path.substr(0, path.rfind('/')) + "/abc-s1.m4s");
  EXPECT_EQ(segment.body, "1.01.11.21.3");
  EXPECT_EQ(segment.field("Content-Length"), "12");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrderAlsoWhenOneIsParked) {
  start();
  show(test::rendition_at(5, 2));
  auto viewer = client();
  const std::string get = "GET /live/show/480p/";
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  viewer.send(get + "abc-p0.m4s" + rest + get + "index.m3u8?_HLS_msn=5&_HLS_part=2" + rest + get +
              "abc-p1.m4s" + rest);
  EXPECT_EQ(viewer.receive().body, "0.0");
  EXPECT_TRUE(viewer.is_silent_for(50ms));
  show(test::rendition_at(5, 3));
  EXPECT_EQ(viewer.receive().body, "#EXTM3U\n# 5.3\n");
  EXPECT_EQ(viewer.receive().body, "0.1");
}

TEST_F(HttpServerTest, TakesAnyNumberOfPipelinedRequestsWhileOneIsParked) {
  start();
  show(test::rendition_at(5, 2));
  auto viewer = client();
  viewer.send_get(kNextPart);
  constexpr int kMany = 400;
  std::string many;
  for (int i = 0; i < kMany; ++i) many += "GET /live/show/480p/abc-p1.m4s HTTP/1.1\r\nHost: a\r\n\r\n";
  viewer.send(many);
  EXPECT_TRUE(viewer.is_silent_for(50ms));
  show(test::rendition_at(5, 3));
  EXPECT_EQ(viewer.receive().body, "#EXTM3U\n# 5.3\n");
  for (int i = 0; i < kMany; ++i) ASSERT_EQ(viewer.receive().body, "0.1") << i;
}

TEST_F(HttpServerTest, HeadTellsTheLengthAndSendsNoBody) {
  start();
  show(test::rendition_at(5, 2));
  auto viewer = client();
  viewer.send_get("/live/show/480p/abc-s1.m4s", {}, "HEAD");
  const auto reply = viewer.receive(false);
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.field("Content-Length"), "12");
  EXPECT_EQ(viewer.get("/live/show/480p/abc-p0.m4s").body, "0.0");
}

TEST_F(HttpServerTest, OptionsAndOtherMethodsKeepTheConnection) {
  start();
  auto viewer = client();
  viewer.send_get("/live/show/index.m3u8", {}, "OPTIONS");
  const auto options = viewer.receive();
  EXPECT_EQ(options.status, 204u);
  EXPECT_EQ(options.field("Content-Length"), "");
  viewer.send_get("/live/show/index.m3u8", {}, "DELETE");
  const auto refused = viewer.receive();
  EXPECT_EQ(refused.status, 405u);
  EXPECT_EQ(refused.field("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(viewer.get("/healthz").body, "ok\n");
}

TEST_F(HttpServerTest, SendsRangesOfASegment) {
  start();
  show(test::rendition_at(5, 2));
  auto viewer = client();
  const auto reply = viewer.get("/live/show/480p/abc-s1.m4s", "Range: bytes=2-6\r\n");
  EXPECT_EQ(reply.status, 206u);
  EXPECT_EQ(reply.body, "01.11");
  EXPECT_EQ(reply.field("Content-Range"), "bytes 2-6/12");
  const auto past = viewer.get("/live/show/480p/abc-s1.m4s", "Range: bytes=12-\r\n");
  EXPECT_EQ(past.status, 416u);
  EXPECT_EQ(past.field("Content-Range"), "bytes */12");
}

TEST_F(HttpServerTest, SendsASegmentOfManyLargeParts) {
  start();
  auto rendition = test::rendition_at(5, 2);
  std::string whole;
  for (int i = 0; i < 40; ++i) {
    const auto part = test::media_bytes("part " + std::to_string(i), 200'000);
    rendition->segments[4].push_back(part);
    whole += as_text(*part);
  }
  rendition->segments[4].erase(rendition->segments[4].begin(), rendition->segments[4].begin() + 4);
  show(rendition);
  EXPECT_TRUE(client().get("/live/show/480p/abc-s4.m4s").body == whole);
}

TEST_F(HttpServerTest, RefusesHeadsThatAreTooLongOrNoHttpAndCloses) {
  start();
  const auto refusal = [this](const std::string& bytes) {
    auto viewer = client();
    viewer.send(bytes);
    const auto reply = viewer.receive();
    EXPECT_EQ(reply.field("Connection"), "close");
    EXPECT_TRUE(viewer.is_closed());
    return reply.status;
  };
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x')), 431u);
  EXPECT_EQ(refusal("GET / HTTP/1.1\nHost: a\n\n"), 400u);
  EXPECT_EQ(refusal("\x16\x03\x01\x02\r\n\r\n"), 400u);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 413u);
}

TEST_F(HttpServerTest, ClosesAfterAResponseWhenTheClientAsksForIt) {
  start();
  auto viewer = client();
  EXPECT_EQ(viewer.get("/healthz", "Connection: close\r\n").field("Connection"), "close");
  EXPECT_TRUE(viewer.is_closed());
}

TEST_F(HttpServerTest, AnswersEveryoneWhoWaitsForAPartOnWhicheverShard) {
  start();
  show(test::rendition_at(5, 2));
  std::vector<std::unique_ptr<HttpClient>> viewers;
  for (int i = 0; i < 200; ++i) {
    viewers.push_back(std::make_unique<HttpClient>(server->port()));
    viewers.back()->send_get(kNextPart);
  }
  ASSERT_TRUE(becomes(kParked, "200"));
  show(test::rendition_at(5, 3));
  for (auto& viewer : viewers) ASSERT_EQ(viewer->receive().body, "#EXTM3U\n# 5.3\n");
  EXPECT_TRUE(becomes(kParked, "0"));
}

TEST_F(HttpServerTest, ForgetsAViewerThatLeavesWhileParked) {
  start();
  show(test::rendition_at(5, 2));
  {
    auto viewer = client();
    viewer.send_get(kNextPart);
    ASSERT_TRUE(becomes(kParked, "1"));
  }
  EXPECT_TRUE(becomes(kParked, "0"));
  EXPECT_EQ(metric("levee_http_left_parked_total{listener=\"public\"}"), "1");
  EXPECT_TRUE(becomes("levee_http_connections{listener=\"public\"}", "0"));
}

TEST_F(HttpServerTest, AnswersTheParkedWhenTheStreamEndsAndWhenItIsRemoved) {
  start();
  show(test::rendition_at(5, 2));
  auto viewer = client();
  viewer.send_get(kNextPart);
  ASSERT_TRUE(becomes(kParked, "1"));
  auto ended = test::rendition_at(5, 2);
  ended->has_ended = true;
  ended->whole = "#EXTM3U\n#EXT-X-ENDLIST\n";
  show(ended);
  EXPECT_EQ(viewer.receive().body, "#EXTM3U\n#EXT-X-ENDLIST\n");

  show(test::rendition_at(6, 0));
  viewer.send_get("/live/show/480p/abc-p24.m4s");
  ASSERT_TRUE(becomes(kParked, "1"));
  catalog->removed("show");
  EXPECT_EQ(viewer.receive().status, 404u);
}

TEST_F(HttpServerTest, L28_AnswersAfterThreeTargetDurationsThatThePartDidNotCome) {
  hls_settings.segment = media::kTimescale / 2;  // a target duration of 1 s
  start();
  show(test::rendition_at(5, 2));
  auto viewer = client();
  const auto begin = Clock::now();
  EXPECT_EQ(viewer.get(kNextPart).status, 503u);
  EXPECT_GE(Clock::now() - begin, 3s);
  EXPECT_EQ(metric("levee_http_park_timeouts_total{listener=\"public\"}"), "1");
  EXPECT_EQ(viewer.get(kPlaylist).status, 200u);
}

TEST_F(HttpServerTest, ClosesAClientThatTakesNoByteOfItsResponse) {
  settings.write_timeout = 1s;
  start();
  auto rendition = test::rendition_at(5, 2);
  rendition->part_bytes[0] = test::media_bytes("x", std::size_t{32} << 20U);
  show(rendition);
  HttpClient slow{server->port(), 4096};
  slow.send_get("/live/show/480p/abc-p0.m4s");
  EXPECT_TRUE(becomes("levee_http_closed_total{listener=\"public\",reason=\"slow\"}", "1"));
}

TEST_F(HttpServerTest, ClosesIdleConnectionsAndUnfinishedHeads) {
  settings.idle_timeout = 1s;
  settings.head_timeout = 1s;
  start();
  auto idle = client();
  auto unfinished = client();
  unfinished.send("GET / HT");
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(unfinished.is_closed());
  EXPECT_EQ(metric("levee_http_closed_total{listener=\"public\",reason=\"idle\"}"), "1");
  EXPECT_EQ(metric("levee_http_closed_total{listener=\"public\",reason=\"head\"}"), "1");
}

TEST_F(HttpServerTest, TellsTheOneTooManyThatItIsFull) {
  settings.max_connections = 2;
  start();
  auto one = client();
  auto two = client();
  EXPECT_EQ(one.get("/healthz").status, 200u);
  EXPECT_EQ(two.get("/healthz").status, 200u);
  auto three = client();
  EXPECT_EQ(three.receive().status, 503u);
  EXPECT_TRUE(three.is_closed());
  EXPECT_EQ(one.get("/healthz").status, 200u);
}

TEST_F(HttpServerTest, HandsAWebSocketOverWithAllThatWasReceived) {
  std::atomic<int> upgrades{0};
  UpgradeRequest seen;
  hooks.upgrade = [&](std::size_t, Socket socket, UpgradeRequest request) {
    ErrorCode ignored;
    socket.write_some(boost::asio::buffer("HTTP/1.1 101 mine\r\n\r\n", 21), ignored);
    seen = std::move(request);
    ++upgrades;
  };
  start();
  auto viewer = client();
  viewer.send(
      "GET /rt?v=1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
      "k\r\n\r\nearly");
  EXPECT_EQ(viewer.receive().status, 101u);
  while (upgrades == 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(seen.target, "/rt?v=1");
  EXPECT_EQ(seen.key, "k");
  EXPECT_EQ(seen.received.substr(seen.head_size), "early");
  EXPECT_EQ(client().get("/rt").status, 426u);
  EXPECT_TRUE(becomes("levee_http_connections{listener=\"public\"}", "0"));
}

TEST_F(HttpServerTest, CountsASessionOnceAcrossConnections) {
  std::atomic<std::size_t> viewers{99};
  hooks.viewer_counts = [&](const std::vector<ViewerCount>& counts) {
    if (!counts.empty()) viewers = counts[0].viewers;
  };
  settings.token_key = "secret";
  start();
  show(test::rendition_at(5, 2));
  const auto token = ViewerTokens{"secret"}.issue("show", std::chrono::system_clock::now());
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(client().get("/live/show/v/" + token + "/480p/index.m3u8").status, 200u);
  for (int i = 0; i < 500 && viewers != 1; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(viewers, 1u);
  std::this_thread::sleep_for(1100ms);
  EXPECT_THAT(client().get("/api/v1/live").body, HasSubstr("\"viewers\": 1"));
}

TEST_F(HttpServerTest, ShowsMetricsAndStreamsOnTheAdminPort) {
  start();
  show(test::rendition_at(5, 2));
  EXPECT_EQ(client().get(kPlaylist).status, 200u);
  HttpClient ops{server->admin_port()};
  const auto metrics = ops.get("/metrics");
  EXPECT_THAT(
      metrics.body,
      HasSubstr("levee_http_responses_total{listener=\"public\",kind=\"playlist\",status=\"2xx\"} 1\n"));
  EXPECT_THAT(metrics.field("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(ops.get("/api/v1/streams").body, HasSubstr("\"name\": \"480p\""));
  EXPECT_EQ(ops.get("/healthz").status, 200u);
  EXPECT_EQ(ops.get("/live/show/index.m3u8").status, 404u);
  EXPECT_EQ(client().get("/metrics").status, 404u);
}

TEST_F(HttpServerTest, StopsWithinItsGraceWhateverItsConnectionsDo) {
  settings.stop_grace = 1s;
  start();
  auto rendition = test::rendition_at(5, 2);
  rendition->part_bytes[0] = test::media_bytes("x", std::size_t{32} << 20U);
  show(rendition);
  auto idle = client();
  EXPECT_EQ(idle.get("/healthz").status, 200u);
  auto parked = client();
  parked.send_get(kNextPart);
  ASSERT_TRUE(becomes(kParked, "1"));
  HttpClient slow{server->port(), 4096};
  slow.send_get("/live/show/480p/abc-p0.m4s");
  auto unfinished = client();
  unfinished.send("GET / HT");
  settle();

  const auto begin = Clock::now();
  runtime::run_blocking(shards.shard(0), server->stop());
  EXPECT_LT(Clock::now() - begin, 4s);
  EXPECT_EQ(parked.receive().status, 503u);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(unfinished.is_closed());
  EXPECT_THROW(client(), boost::system::system_error);
  EXPECT_EQ(metric("levee_http_connections{listener=\"public\"}"), "0");
}

TEST_F(HttpServerTest, SaysWhichAddressCannotBeHad) {
  start();
  Settings taken = settings;
  taken.address = "192.0.2.1";
  HttpServer other{shards, taken, hls_settings, *catalog, {}};
  EXPECT_THROW(
      {
        try {
          other.start();
        } catch (const boost::system::system_error& error) {
          EXPECT_THAT(error.what(), HasSubstr("192.0.2.1"));
          throw;
        }
      },
      boost::system::system_error);
}

}  // namespace
}  // namespace levee::delivery
