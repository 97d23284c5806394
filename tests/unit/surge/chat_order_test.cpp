#include "surge/chat_order.hpp"

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

using Verdict = ChatOrder::Verdict;

TEST(ChatOrder, IsThatOfTheFirstWhoSawIt) {
  ChatOrder order;
  EXPECT_EQ(order.given(7, 1), Verdict::right);
  EXPECT_EQ(order.given(8, 2), Verdict::right);
  EXPECT_EQ(order.given(7, 1), Verdict::right) << "another client";
  EXPECT_EQ(order.given(8, 1), Verdict::other);
}

TEST(ChatOrder, HasAMessageOnce) {
  ChatOrder order;
  EXPECT_EQ(order.given(7, 1), Verdict::right);
  EXPECT_EQ(order.given(9, 1), Verdict::twice) << "said again after a reconnect, and logged again";
}

TEST(ChatOrder, BeginsAnewWithANewLog) {
  ChatOrder order;
  order.given(7, 1);
  order.clear();
  EXPECT_EQ(order.given(1, 1), Verdict::right);
}

}  // namespace
}  // namespace levee::surge
