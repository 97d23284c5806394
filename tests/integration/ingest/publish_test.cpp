#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/hls/pipeline.hpp"
#include "levee/ingest/rtmp_listener.hpp"
#include "levee/ingest/srt_listener.hpp"
#include "levee/runtime/run_blocking.hpp"
#include "levee/runtime/shard.hpp"
#include "levee/stream/publish_policy.hpp"
#include "levee/stream/registry.hpp"

#include "ffmpeg.hpp"

namespace levee::ingest {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using test::Ffmpeg;
using testing::HasSubstr;

/// What came out at the far end. Thread: any.
struct Arrived {
  std::atomic<int> begins{0};
  std::atomic<int> video{0};
  std::atomic<int> keys{0};
  std::atomic<int> audio{0};
  std::atomic<int> finishes{0};
  std::atomic<std::uint32_t> width{0};
  std::atomic<std::uint32_t> sample_rate{0};
};

class CountingPipeline final : public hls::Pipeline {
 public:
  explicit CountingPipeline(Arrived& arrived) : arrived_{arrived} {}

  void begin(std::shared_ptr<const media::TrackConfig> video, std::shared_ptr<const media::TrackConfig> audio,
             media::FrameRate, WallTime) override {
    ++arrived_.begins;
    if (video) arrived_.width = video->width;
    if (audio) arrived_.sample_rate = audio->sample_rate;
  }
  void packet(const media::Packet& packet) override {
    if (packet.track == media::TrackKind::audio) {
      ++arrived_.audio;
      return;
    }
    ++arrived_.video;
    if (packet.key) ++arrived_.keys;
  }
  void finish(std::function<void()> done) override {
    ++arrived_.finishes;
    done();
  }

 private:
  Arrived& arrived_;
};

class NoOutlet final : public stream::Outlet {
 public:
  void updated(std::shared_ptr<const stream::StreamView>, std::string_view) override {}
  void removed(const std::string&) override {}
};

/// Both listeners on two shards, and a stream `show` with the key `secret`.
class Publishing : public testing::Test {
 protected:
  Publishing() {
    stream::PipelineFactory pipelines = [this](const std::string&, hls::PostHome, hls::PartSink&) {
      return std::make_unique<CountingPipeline>(arrived_);
    };
    registry_ = std::make_unique<stream::Registry>(shards_, stream::Settings{}, policy_, pipelines, outlet_);
    RtmpSettings rtmp;
    rtmp.address = "127.0.0.1";
    rtmp.port = 0;
    rtmp.publish_timeout = 2s;
    rtmp_ = std::make_unique<RtmpListener>(shards_, *registry_, rtmp);
    SrtSettings srt;
    srt.address = "127.0.0.1";
    srt.port = 0;
    srt_ = std::make_unique<SrtListener>(shards_, *registry_, srt);
  }

  void SetUp() override {
    shards_.start();
    ASSERT_FALSE(rtmp_->start());
    ASSERT_FALSE(srt_->start());
  }

  void TearDown() override {
    runtime::run_blocking(shards_.shard(0), stop_all());
    shards_.stop();
  }

  asio::awaitable<void> stop_all() {
    co_await rtmp_->stop(1s);
    co_await srt_->stop(1s);
    co_await registry_->stop();
  }

  /// A second and a half of what OBS sent, `times` times, as fast as it was made.
  static std::vector<std::string> send(int times, const std::string& format, const std::string& url) {
    const std::string recording = LEVEE_SOURCE_DIR "/tests/fixtures/mpegts/obs.ts";
    return {"-v", "info", "-re", "-stream_loop", std::to_string(times - 1), "-i", recording, "-c", "copy",
            "-f", format, url};
  }
  std::vector<std::string> by_rtmp(int times, const std::string& key) const {
    return send(times, "flv", "rtmp://127.0.0.1:" + std::to_string(rtmp_->port()) + "/live/" + key);
  }
  std::vector<std::string> by_srt(int times, const std::string& stream_id) const {
    return send(times, "mpegts",
                "srt://127.0.0.1:" + std::to_string(srt_->port()) + "?streamid=" + stream_id);
  }

  template <class Condition>
  static bool wait_for(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(20ms);
    return condition();
  }

  std::string metrics() const {
    MetricsText text;
    rtmp_->write_metrics(text);
    srt_->write_metrics(text);
    return text.text();
  }

  runtime::ShardPool shards_{2};
  stream::KeyListPolicy policy_{{{"show", "secret"}}};
  NoOutlet outlet_;
  Arrived arrived_;
  std::unique_ptr<stream::Registry> registry_;
  std::unique_ptr<RtmpListener> rtmp_;
  std::unique_ptr<SrtListener> srt_;
};

TEST_F(Publishing, FfmpegByRtmp) {
  Ffmpeg ffmpeg{by_rtmp(1, "secret")};
  EXPECT_EQ(ffmpeg.wait(), 0) << ffmpeg.messages();
  EXPECT_TRUE(wait_for([this] { return arrived_.finishes == 1; })) << "it said that it ends";
  EXPECT_EQ(arrived_.begins, 1);
  EXPECT_NEAR(arrived_.video, 36, 1);
  EXPECT_GE(arrived_.keys, 1);
  EXPECT_NEAR(arrived_.audio, 54, 9);
  EXPECT_EQ(arrived_.width, 640u);
  EXPECT_EQ(arrived_.sample_rate, 48000u);
  EXPECT_THAT(metrics(), HasSubstr("levee_ingest_publications_total{protocol=\"rtmp\"} 1\n"));
}

TEST_F(Publishing, FfmpegBySrt) {
  Ffmpeg ffmpeg{by_srt(2, "publish:secret")};
  EXPECT_EQ(ffmpeg.wait(), 0) << ffmpeg.messages();
  EXPECT_TRUE(wait_for([this] { return arrived_.video > 50 && arrived_.audio > 70; }))
      << arrived_.video << ' ' << arrived_.audio;
  EXPECT_EQ(arrived_.width, 640u);
  EXPECT_EQ(arrived_.sample_rate, 48000u);
  EXPECT_THAT(metrics(), HasSubstr("levee_ingest_publications_total{protocol=\"srt\"} 1\n"));
}

TEST_F(Publishing, TheKeyedStreamIdAsFfmpegSendsIt) {
  Ffmpeg ffmpeg{by_srt(1, "%23!::m=publish,r=secret")};
  EXPECT_TRUE(wait_for([this] { return arrived_.video > 0; })) << ffmpeg.messages();
}

TEST_F(Publishing, AWrongKeyIsToldToTheStreamerByRtmp) {
  Ffmpeg ffmpeg{by_rtmp(1, "guess")};
  EXPECT_NE(ffmpeg.wait(), 0);
  EXPECT_THAT(ffmpeg.messages(), HasSubstr("stream key"));
  EXPECT_EQ(arrived_.begins, 0);
  EXPECT_THAT(metrics(), HasSubstr("levee_ingest_rejected_total{protocol=\"rtmp\"} 1\n"));
}

TEST_F(Publishing, AWrongKeyIsRefusedBySrt) {
  Ffmpeg ffmpeg{by_srt(1, "publish:guess")};
  EXPECT_NE(ffmpeg.wait(), 0);
  EXPECT_EQ(arrived_.begins, 0);
  EXPECT_THAT(metrics(), HasSubstr("levee_ingest_rejected_total{protocol=\"srt\"} 1\n"));
}

TEST_F(Publishing, GarbageTouchesNobodyElse) {
  Ffmpeg ffmpeg{by_rtmp(2, "secret")};
  ASSERT_TRUE(wait_for([this] { return arrived_.video > 0; })) << ffmpeg.messages();
  asio::io_context context;
  for (int i = 0; i < 10; ++i) {
    tcp::socket socket{context};
    socket.connect({asio::ip::address_v4::loopback(), rtmp_->port()});
    const std::string garbage(5000, static_cast<char>(i));
    ErrorCode ignored;
    asio::write(socket, asio::buffer(garbage), ignored);
  }
  EXPECT_EQ(ffmpeg.wait(), 0) << ffmpeg.messages();
  EXPECT_TRUE(wait_for([this] { return arrived_.finishes == 1; }));
  EXPECT_NEAR(arrived_.video, 72, 2);
}

TEST_F(Publishing, WhoDoesNotPublishInTimeIsSentAway) {
  asio::io_context context;
  tcp::socket socket{context};
  socket.connect({asio::ip::address_v4::loopback(), rtmp_->port()});
  std::array<char, 16> bytes;
  ErrorCode error;
  socket.read_some(asio::buffer(bytes), error);
  EXPECT_TRUE(error == asio::error::eof || error == asio::error::connection_reset) << error.message();
  EXPECT_THAT(metrics(), HasSubstr("levee_ingest_timeouts_total{protocol=\"rtmp\"} 1\n"));
}

TEST_F(Publishing, StopEndsThoseWhoPublish) {
  Ffmpeg rtmp{by_rtmp(20, "secret")};
  ASSERT_TRUE(wait_for([this] { return arrived_.video > 0; })) << rtmp.messages();
  const auto begin = Clock::now();
  runtime::run_blocking(shards_.shard(0), stop_all());
  EXPECT_LT(Clock::now() - begin, 5s);
  EXPECT_NE(rtmp.wait(), 0);
  EXPECT_THAT(metrics(), HasSubstr("levee_ingest_connections{protocol=\"rtmp\"} 0\n"));
}

TEST_F(Publishing, StopEndsSrtPublishersToo) {
  Ffmpeg srt{by_srt(20, "publish:secret")};
  ASSERT_TRUE(wait_for([this] { return arrived_.video > 0; })) << srt.messages();
  runtime::run_blocking(shards_.shard(0), stop_all());
  EXPECT_NE(srt.wait(), 0);
  EXPECT_THAT(metrics(), HasSubstr("levee_ingest_connections{protocol=\"srt\"} 0\n"));
}

}  // namespace
}  // namespace levee::ingest
