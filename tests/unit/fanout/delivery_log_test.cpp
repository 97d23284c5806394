#include "fanout/delivery_log.hpp"

#include <gtest/gtest.h>

namespace levee::fanout {
namespace {

using std::chrono::milliseconds;
using Cursor = DeliveryLog::Cursor;

const TimePoint kStart{};

/// A log of two receivers, with so many messages sent.
DeliveryLog log_of_two(int messages, std::uint32_t groups = 1) {
  DeliveryLog log{groups};
  log.expect(2);
  for (int i = 0; i < messages; ++i) log.sent(kStart);
  return log;
}

TEST(DeliveryLog, AMessageIsCompleteWhenEverybodyHasIt) {
  auto log = log_of_two(1);
  Cursor ann;
  Cursor bo;
  log.received(ann, 0, {}, kStart);
  EXPECT_EQ(log.complete(), 0u);
  EXPECT_EQ(log.missing(), 1u);
  log.received(bo, 0, {}, kStart);
  EXPECT_EQ(log.complete(), 1u);
  EXPECT_EQ(log.missing(), 0u);
  EXPECT_EQ(log.take_window().misplaced, 0u);
}

TEST(DeliveryLog, TheServerDecidesTheOrderButItIsTheSameForAll) {
  auto log = log_of_two(2);
  Cursor ann;
  Cursor bo;
  log.received(ann, 1, {}, kStart);
  log.received(ann, 0, {}, kStart);
  log.received(bo, 0, {}, kStart);  // ann had 1 here
  EXPECT_EQ(log.take_window().misplaced, 1u);
}

TEST(DeliveryLog, SeesAMessageThatComesTwice) {
  auto log = log_of_two(2);
  Cursor ann;
  log.received(ann, 0, {}, kStart);
  log.received(ann, 0, {}, kStart);
  EXPECT_EQ(log.take_window().misplaced, 1u);
  log.received(ann, 1, 1, kStart);
  log.received(ann, 1, 1, kStart);
  EXPECT_EQ(log.take_window().misplaced, 1u);
}

TEST(DeliveryLog, SeesAHoleInTheServersOffsetsOnce) {
  auto log = log_of_two(4);
  Cursor ann;
  Cursor bo;
  for (std::uint64_t i = 0; i < 4; ++i) log.received(ann, i, i, kStart);
  log.received(bo, 0, 0, kStart);
  log.received(bo, 2, 2, kStart);
  log.received(bo, 3, 3, kStart);
  const auto window = log.take_window();
  EXPECT_EQ(window.misplaced, 1u);
  EXPECT_EQ(window.deliveries, 6u);
  EXPECT_EQ(log.missing(), 2u);
}

TEST(DeliveryLog, SeesAMessageThatNobodySent) {
  auto log = log_of_two(1);
  Cursor ann;
  log.received(ann, 7, {}, kStart);
  EXPECT_EQ(log.take_window().misplaced, 1u);
}

TEST(DeliveryLog, MeasuresFromSendingToReceivingByGroup) {
  auto log = log_of_two(1, 2);
  Cursor near;
  Cursor far;
  far.group = 1;
  log.received(near, 0, {}, kStart + milliseconds{2});
  log.received(far, 0, {}, kStart + milliseconds{9});
  const auto window = log.take_window();
  EXPECT_EQ(window.delays[0].max(), milliseconds{2});
  EXPECT_EQ(window.delays[1].max(), milliseconds{9});
  EXPECT_EQ(log.take_window().deliveries, 0u) << "a new window";
}

TEST(DeliveryLog, WhatIsReplayedIsCheckedButIsNoDelivery) {
  auto log = log_of_two(2);
  Cursor ann;
  log.received(ann, 0, 0, kStart);
  log.received(ann, 1, 1, kStart);
  log.take_window();
  Cursor back;
  back.counts = false;
  log.received(back, 0, 0, kStart);
  log.received(back, 0, 1, kStart);  // 1 stands there
  const auto window = log.take_window();
  EXPECT_EQ(window.deliveries, 0u);
  EXPECT_EQ(window.misplaced, 1u);
}

}  // namespace
}  // namespace levee::fanout
