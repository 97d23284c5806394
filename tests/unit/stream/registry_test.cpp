#include "levee/stream/registry.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/stream/publish_policy.hpp"

#include "support/fake_pipeline.hpp"
#include "support/outlet.hpp"
#include "support/packets.hpp"

namespace levee::stream {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr media::MediaTime kFrame = 30'000;

Settings quick_settings() {
  Settings settings;
  settings.grace = 10s;
  settings.takeover_after = 10s;
  return settings;
}

bool is_gone(const std::shared_ptr<const StreamView>& view) { return view == nullptr; }
auto is(StreamState state) {
  return [state](const std::shared_ptr<const StreamView>& view) { return view && view->state == state; };
}

/// A registry on two shards that run; what a connection does is run on a shard of its choice.
class RegistryTest : public testing::Test {
 protected:
  using Taken = Result<std::unique_ptr<Publication>>;

  void start(Settings settings) {
    registry_ = std::make_unique<Registry>(shards_, std::move(settings), policy_, test::fake_pipelines(),
                                           outlet_, [this] { return ids_++; });
    shards_.start();
  }

  void TearDown() override {
    if (registry_) asio::co_spawn(shards_.shard(0), registry_->stop(), asio::use_future).get();
    shards_.stop();
  }

  Taken publish(std::size_t shard, std::string key) {
    PublishRequest request;
    request.key = std::move(key);
    request.protocol = "rtmp";
    request.peer = "192.0.2.7:51234";
    return asio::co_spawn(shards_.shard(shard), registry_->publish(std::move(request)), asio::use_future)
        .get();
  }

  /// Runs `action` on the shard and waits for it.
  void on(std::size_t shard, std::function<void()> action) {
    std::promise<void> done;
    asio::post(shards_.shard(shard), [&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

  void send(std::size_t shard, Publication& publication, int frames) {
    on(shard, [&] {
      publication.config(test::video_config());
      publication.config(test::audio_config());
      for (int i = 0; i < frames; ++i) publication.packet(test::video_packet(i * kFrame, i % 6 == 0));
    });
  }
  void drop(std::size_t shard, std::unique_ptr<Publication>& publication) {
    on(shard, [&] { publication.reset(); });
  }
  std::string metrics() const {
    MetricsText text;
    registry_->write_metrics(text);
    return text.text();
  }

  runtime::ShardPool shards_{2};
  test::RecordingOutlet outlet_;
  OpenPolicy policy_;
  std::atomic<std::uint64_t> ids_{1};
  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryTest, BringsAPublicationToTheOutletFromAnyShard) {
  start(quick_settings());
  for (const std::size_t shard : {std::size_t{0}, std::size_t{1}}) {
    const auto name = "show" + std::to_string(shard);
    auto taken = publish(shard, name);
    ASSERT_TRUE(taken);
    EXPECT_EQ((*taken)->stream_name(), name);
    send(shard, **taken, 12);
    EXPECT_TRUE(outlet_.wait_for(name, [](const auto& view) {
      return view && view->state == StreamState::live && view->rendition("source") &&
             view->rendition("source")->next_part() == 11;
    }));
    drop(shard, *taken);
  }
}

TEST_F(RegistryTest, RefusesASecondPublisherAndForgetsNothingOfTheFirst) {
  start(quick_settings());
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  EXPECT_EQ(publish(1, "show").error(), Errc::name_taken);
  EXPECT_EQ(registry_->check({.key = "show", .protocol = "srt", .peer = ""}), Errc::name_taken);
  EXPECT_EQ(registry_->check({.key = "other", .protocol = "srt", .peer = ""}), ErrorCode{});
  send(0, **first, 3);
  EXPECT_TRUE(outlet_.wait_for("show", is(StreamState::live)));
  EXPECT_THAT(metrics(), testing::HasSubstr("levee_stream_refused_total{reason=\"name_taken\"} 1\n"));
  EXPECT_THAT(metrics(), testing::HasSubstr("levee_streams{state=\"live\"} 1\n"));
  drop(0, *first);
}

TEST_F(RegistryTest, RefusesBadNamesAndMoreStreamsThanTheLimit) {
  auto settings = quick_settings();
  settings.max_streams = 1;
  start(settings);
  EXPECT_EQ(publish(0, "no/name").error(), Errc::bad_name);
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  EXPECT_EQ(publish(1, "other").error(), Errc::too_many_streams);
  EXPECT_EQ(registry_->check({.key = "other", .protocol = "srt", .peer = ""}), Errc::too_many_streams);
  drop(0, *first);
}

TEST_F(RegistryTest, AnEndedStreamMakesRoomWhenTheLimitIsReached) {
  auto settings = quick_settings();
  settings.max_streams = 1;
  start(settings);
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  send(0, **first, 6);
  on(0, [&] { (*first)->finish(); });
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::ended)));
  auto second = publish(0, "other");
  ASSERT_TRUE(second);
  EXPECT_TRUE(outlet_.wait_for("show", is_gone));
  drop(0, *first);
  drop(0, *second);
}

TEST_F(RegistryTest, WaitsForALostPublisherAndGoesOnWhenItReturns) {
  start(quick_settings());
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  send(0, **first, 12);
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::live)));
  const auto id = outlet_.view("show")->id;
  drop(0, *first);
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::interrupted)));
  EXPECT_FALSE(outlet_.view("show")->rendition("source")->ended());

  auto second = publish(1, "show");
  ASSERT_TRUE(second);
  send(1, **second, 12);
  ASSERT_TRUE(outlet_.wait_for("show", [](const auto& view) {
    return view && view->state == StreamState::live && view->rendition("source")->next_part() == 23;
  }));
  EXPECT_EQ(outlet_.view("show")->id, id);
  EXPECT_THAT(outlet_.view("show")->rendition("source")->playlist(),
              testing::HasSubstr("#EXT-X-DISCONTINUITY\n"));
  EXPECT_THAT(metrics(), testing::HasSubstr("levee_stream_returns_total 1\n"));
  drop(1, *second);
}

TEST_F(RegistryTest, P17_EndsAStreamWhosePublisherDoesNotReturnAndRemovesItAWindowLater) {
  Settings settings;
  settings.grace = 50ms;
  settings.hls.window = media::kTimescale / 2;  // to be seen ended, also on a busy machine
  start(settings);
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  send(0, **first, 12);
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::live)));
  drop(0, *first);
  ASSERT_TRUE(outlet_.wait_for("show", [](const auto& view) {
    return view && view->state == StreamState::ended && view->rendition("source")->ended();
  }));
  ASSERT_TRUE(outlet_.wait_for("show", is_gone));
}

TEST_F(RegistryTest, PutsAHalfDeadPublisherOutForOneThatIsAlive) {
  auto settings = quick_settings();
  settings.takeover_after = 0s;
  start(settings);
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  std::promise<ErrorCode> revoked;
  on(0, [&] { (*first)->on_revoked([&](ErrorCode reason) { revoked.set_value(reason); }); });
  send(0, **first, 12);
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::live)));

  auto second = publish(1, "show");
  ASSERT_TRUE(second);
  EXPECT_EQ(revoked.get_future().get(), Errc::taken_over);
  send(1, **second, 12);
  ASSERT_TRUE(
      outlet_.wait_for("show", [](const auto& view) { return view && view->facts.publications == 2; }));

  // What the first one says now concerns nobody.
  send(0, **first, 12);
  on(0, [&] { (*first)->finish(); });
  drop(0, *first);
  ASSERT_TRUE(outlet_.wait_for("show", [](const auto& view) {
    return view && view->state == StreamState::live && view->rendition("source")->next_part() == 23;
  }));
  drop(1, *second);
}

TEST_F(RegistryTest, ANewShowReplacesAnEndedOneAndHasUrisOfItsOwn) {
  start(quick_settings());
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  send(0, **first, 12);
  on(0, [&] { (*first)->finish(); });
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::ended)));
  const auto old_id = outlet_.view("show")->id;

  auto second = publish(1, "show");
  ASSERT_TRUE(second);
  send(1, **second, 3);
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::live)));
  EXPECT_NE(outlet_.view("show")->id, old_id);
  EXPECT_EQ(outlet_.view("show")->rendition("source")->msn(), 0u);
  EXPECT_EQ(outlet_.removals(), 1);
  drop(0, *first);
  drop(1, *second);
}

TEST_F(RegistryTest, AStreamThatNeverShowedAnythingIsForgottenAtOnce) {
  start(quick_settings());
  auto first = publish(0, "show");
  ASSERT_TRUE(first);
  ASSERT_TRUE(outlet_.wait_for("show", is(StreamState::starting)));
  drop(0, *first);
  ASSERT_TRUE(outlet_.wait_for("show", is_gone));
  EXPECT_THAT(metrics(), testing::HasSubstr("levee_stream_unplayable_total 1\n"));
}

TEST_F(RegistryTest, StopEndsEveryStreamAndRefusesNewOnes) {
  start(quick_settings());
  auto first = publish(0, "one");
  auto second = publish(1, "two");
  ASSERT_TRUE(first && second);
  send(0, **first, 12);
  send(1, **second, 12);
  std::promise<ErrorCode> revoked;
  on(0, [&] { (*first)->on_revoked([&](ErrorCode reason) { revoked.set_value(reason); }); });
  asio::co_spawn(shards_.shard(1), registry_->stop(), asio::use_future).get();
  EXPECT_EQ(revoked.get_future().get(), Errc::stopping);
  for (const auto* name : {"one", "two"}) {
    EXPECT_EQ(outlet_.view(name)->state, StreamState::ended);
    EXPECT_TRUE(outlet_.view(name)->rendition("source")->ended());
  }
  EXPECT_EQ(publish(0, "three").error(), Errc::stopping);
  drop(0, *first);
  drop(1, *second);
}

TEST_F(RegistryTest, SurvivesPublishersThatComeAndGoOnBothShards) {
  auto settings = quick_settings();
  settings.takeover_after = 0s;
  start(settings);
  const auto come_and_go = [&](std::size_t shard) {
    for (int i = 0; i < 20; ++i) {
      auto taken = publish(shard, "show");
      if (!taken) continue;
      send(shard, **taken, 7);
      if (i % 5 == 4) on(shard, [&] { (*taken)->finish(); });
      drop(shard, *taken);
    }
  };
  std::thread other{[&] { come_and_go(1); }};
  come_and_go(0);
  other.join();
  auto last = publish(0, "show");
  ASSERT_TRUE(last);
  send(0, **last, 7);
  EXPECT_TRUE(outlet_.wait_for("show", is(StreamState::live)));
  drop(0, *last);
}

}  // namespace
}  // namespace levee::stream
