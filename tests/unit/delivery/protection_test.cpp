#include "delivery/protection.hpp"

#include <gtest/gtest.h>

#include "levee/delivery/file_budget.hpp"

#include "delivery/kernel_socket.hpp"
#include "delivery/protection_metrics.hpp"
#include "delivery/shard_meter.hpp"
#include "delivery/variants.hpp"
#include "support/fake_rendition.hpp"
#include "support/start.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;

using test::kStart;

Protection::Settings two_shards() {
  Protection::Settings settings;
  settings.shards = settings.cores = 2;
  settings.part = 350ms;
  settings.segment = 2s;
  return settings;
}

ShardReading quiet(TimePoint taken) {
  ShardReading reading;
  reading.taken = taken;
  reading.time = 100ms;
  reading.cpu = 10ms;
  return reading;
}

TEST(Protection, SumsWhatTheShardsMeasured) {
  Protection protection{two_shards()};
  for (std::size_t shard = 0; shard < 2; ++shard) {
    auto reading = quiet(kStart);
    reading.bytes = 1'000'000;
    reading.loop_lag = shard == 0 ? 3ms : 9ms;
    reading.sessions = 10;
    reading.tally = {5, 3, 2};
    reading.beginnings = {2, 5'000'000};
    reading.steady.record(20ms);
    protection.slot(shard).put(reading);
  }
  protection.evaluate(kStart + 10ms);
  const auto facts = protection.facts();
  EXPECT_DOUBLE_EQ(facts.signals.egress_bytes_per_second, 20e6);
  EXPECT_DOUBLE_EQ(facts.signals.cpu, 0.1);
  EXPECT_EQ(facts.signals.loop_lag, 9ms);
  EXPECT_EQ(facts.signals.incumbents, 20u);
  EXPECT_EQ(facts.signals.lateness.count, 2u);
  EXPECT_EQ(facts.signals.begun, 4u);
  EXPECT_DOUBLE_EQ(facts.signals.begun_bytes, 10e6);
  EXPECT_EQ(facts.seen, 10u);
  EXPECT_EQ(facts.admitted, 6u);
  EXPECT_EQ(facts.refused, 4u);
}

TEST(Protection, TakesAShardThatDoesNotReportForLateAndBusy) {
  Protection protection{two_shards()};
  for (std::size_t shard = 0; shard < 2; ++shard) protection.slot(shard).put(quiet(kStart));
  protection.evaluate(kStart);
  protection.slot(0).put(quiet(kStart + 900ms));
  protection.evaluate(kStart + 900ms);
  const auto facts = protection.facts();
  EXPECT_EQ(facts.signals.loop_lag, 850ms);
  EXPECT_DOUBLE_EQ(facts.signals.cpu, 0.55);
}

TEST(Protection, LeavesWeakLinksOutUnlessTheyAreMany) {
  Protection protection{two_shards()};
  auto reading = quiet(kStart);
  for (int i = 0; i < 80; ++i) reading.steady.record(5ms);
  for (int i = 0; i < 20; ++i) reading.weak.record(3s);
  protection.slot(0).put(reading);
  protection.evaluate(kStart);
  EXPECT_EQ(protection.facts().signals.lateness.max, 5ms);

  for (int i = 0; i < 30; ++i) reading.weak.record(3s);
  protection.slot(0).put(reading);
  protection.evaluate(kStart + 100ms);
  EXPECT_EQ(protection.facts().signals.lateness.max, 3s);
}

TEST(Protection, ShowsTheWorstOfTheLastSecondsAndThenForgetsIt) {
  Protection protection{two_shards()};
  auto bad = quiet(kStart);
  bad.steady.record(400ms);
  bad.loop_lag = 70ms;
  protection.slot(0).put(bad);
  protection.evaluate(kStart);
  for (int i = 1; i <= 30; ++i) {
    protection.slot(0).put(quiet(kStart + i * 100ms));
    protection.slot(1).put(quiet(kStart + i * 100ms));
    protection.evaluate(kStart + i * 100ms);
  }
  EXPECT_EQ(protection.facts().loop_lag, 70ms);
  EXPECT_EQ(protection.facts().lateness.max, 400ms);
  for (int i = 31; i <= 70; ++i) {
    protection.slot(0).put(quiet(kStart + i * 100ms));
    protection.slot(1).put(quiet(kStart + i * 100ms));
    protection.evaluate(kStart + i * 100ms);
  }
  EXPECT_LT(protection.facts().loop_lag, 70ms);
  EXPECT_EQ(protection.facts().lateness.count, 0u);
}

TEST(Protection, DoesNotCountTheDescriptorsOfThoseWhoWait) {
  auto settings = two_shards();
  settings.file_limit = 1000;
  Protection protection{settings};
  auto reading = quiet(kStart);
  protection.slot(0).put(reading);
  protection.evaluate(kStart);
  const auto open = protection.facts().descriptors;
  ASSERT_GT(open, 2u);
  EXPECT_EQ(protection.facts().signals.descriptors, open);

  reading.at_the_door = 1;
  protection.slot(0).put(reading);
  protection.slot(1).put(reading);
  protection.evaluate(kStart + 100ms);
  EXPECT_EQ(protection.facts().descriptors, open);
  EXPECT_EQ(protection.facts().at_the_door, 2u);
  EXPECT_EQ(protection.facts().signals.descriptors, open - 2);

  reading.at_the_door = 1000;  // some of them closed just now
  reading.sessions = 2;
  protection.slot(0).put(reading);
  protection.evaluate(kStart + 200ms);
  EXPECT_GE(protection.facts().signals.descriptors, 2u) << "as many as watch, at the least";
}

TEST(Protection, HoldsTheOperatorsBoundAndLetsEveryoneInWhenItIsOff) {
  auto settings = two_shards();
  settings.max_newcomers_per_second = 4;
  Protection bounded{settings};
  const auto grant = bounded.evaluate(kStart);
  EXPECT_LE(grant.rate, 2);
  EXPECT_LE(grant.burst, 2);
  EXPECT_LE(grant.expected_rate, 2);

  settings = two_shards();
  settings.enabled = false;
  Protection off{settings};
  auto late = quiet(kStart);
  late.loop_lag = 5s;
  off.slot(0).put(late);
  EXPECT_EQ(off.evaluate(kStart), admission::Grant{});
  EXPECT_EQ(off.facts().signals.loop_lag, 5s);
}

TEST(Protection, JudgesByPartsOnlyWhereSomebodyWaitsForThem) {
  Protection protection{two_shards()};
  protection.slot(0).put(quiet(kStart));
  protection.evaluate(kStart);
  EXPECT_EQ(protection.facts().signals.part_target, 2s);
  auto reading = quiet(kStart + 100ms);
  reading.parks = 1;
  protection.slot(0).put(reading);
  protection.evaluate(kStart + 100ms);
  EXPECT_EQ(protection.facts().signals.part_target, 350ms);
}

TEST(AcceptQueueAge, IsTheTimeSinceItWasEmptyOrWhatItsLengthTakes) {
  AcceptQueueAge age;
  age.found_empty(kStart);
  EXPECT_EQ(age.look(0, kStart), 0ms);
  EXPECT_EQ(age.look(7, kStart + 50ms), 50ms) << "nothing accepted since";
  for (int i = 0; i < 100; ++i) age.accepted();
  EXPECT_EQ(age.look(20, kStart + 100ms), 10ms) << "20 at 2000 a second";
  for (int i = 0; i < 10; ++i) age.accepted();
  EXPECT_EQ(age.look(1000, kStart + 150ms), 150ms);
  EXPECT_EQ(age.look(0, kStart + 200ms), 0ms);
}

TEST(FileBudget, KeepsTheEndOfTheRangeFromViewers) {
  const auto files = FileBudget::of(20'000);
  EXPECT_EQ(files.newcomers, 19'200u);
  EXPECT_EQ(files.viewers, 19'600u);
  EXPECT_LT(FileBudget::of(64).newcomers, FileBudget::of(64).viewers);
  EXPECT_GT(FileBudget::of(64).newcomers, 0u);
  EXPECT_GT(FileBudget::of(0).newcomers, 1'000'000'000u);
}

TEST(ListenOverflows, AreFoundByTheirName) {
  EXPECT_EQ(listen_overflows(
                "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 42 43\nIpExt: A\nIpExt: 9\n"),
            42u);
  EXPECT_FALSE(listen_overflows("TcpExt: SyncookiesSent\nTcpExt: 1\n"));
  EXPECT_FALSE(listen_overflows("TcpExt: ListenOverflows"));
  EXPECT_FALSE(listen_overflows("TcpExt: ListenOverflows\nTcpExt: many\n"));
  EXPECT_FALSE(listen_overflows(""));
}

TEST(NewcomersVariants, BeginBelowTheTopAndKeepOnePicture) {
  const auto named = [](const Renditions& renditions) {
    std::string out;
    for (const auto& each : renditions) out += each->info().name + " ";
    return out;
  };
  const auto sound = test::rendition_at(1, 1, "audio");
  sound->about.height = 0;
  const auto shed = test::rendition_at(1, 1, "480p");
  shed->is_offered = false;
  const Renditions all{test::rendition_at(1, 1, "source"), test::rendition_at(1, 1, "720p"), shed,
                       test::rendition_at(1, 1, "240p"), sound};
  admission::Grant grant;
  EXPECT_EQ(named(newcomers_variants(all, grant)), "source 720p 240p audio ");
  grant.start_lower = 1;
  EXPECT_EQ(named(newcomers_variants(all, grant)), "720p source 240p audio ");
  grant.start_lower = 9;
  EXPECT_EQ(named(newcomers_variants(all, grant)), "240p source 720p audio ");
  grant.start_lower = 1;
  grant.hidden_rungs = 1;
  EXPECT_EQ(named(newcomers_variants(all, grant)), "720p 240p audio ");
  grant.hidden_rungs = 9;
  EXPECT_EQ(named(newcomers_variants(all, grant)), "240p audio ");
  EXPECT_EQ(named(newcomers_variants({sound}, grant)), "audio ");
}

TEST(AdmissionJson, SaysNothingOfAWaitThatNobodyCanTell) {
  ProtectionFacts facts;
  facts.shards = 1;
  facts.signals.waiting = 30;
  facts.grant.expected_rate = 10;
  EXPECT_NE(admission_json(facts, {}).find("\"waiting_estimate_seconds\": 3.0"), std::string::npos);
  facts.grant.expected_rate = 0;
  EXPECT_NE(admission_json(facts, {}).find("\"waiting_estimate_seconds\": null"), std::string::npos);
}

}  // namespace
}  // namespace levee::delivery
