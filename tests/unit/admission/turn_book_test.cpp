#include "levee/admission/turn_book.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

using test::kStart;

TEST(TurnBook, KnowsByWhenTurnsWerePromised) {
  TurnBook book{kStart};
  book.promise(40, kStart + 3s);
  book.promise(90, kStart + 7s);
  book.promise(60, kStart + 7s);
  EXPECT_EQ(book.promised(kStart + 2s), 0);
  EXPECT_EQ(book.promised(kStart + 3s), 40);
  EXPECT_EQ(book.promised(kStart + 6900ms), 40);
  EXPECT_EQ(book.promised(kStart + 7s), 90) << "the last of those told the same moment";
  EXPECT_EQ(book.promised(kStart + 60s), 90) << "what was promised stays so";
}

TEST(TurnBook, ExpectsTheHolderOfATurnOnce) {
  TurnBook book{kStart};
  book.pass(0, 2, kStart);
  EXPECT_EQ(book.expected(), 2);
  EXPECT_TRUE(book.come(0.5, kStart + 1s));
  EXPECT_TRUE(book.come(1.5, kStart + 1s));
  EXPECT_EQ(book.expected(), 0);
  EXPECT_FALSE(book.come(1.5, kStart + 1s)) << "the same ticket, shown again";
}

TEST(TurnBook, ExpectsNobodyWhoseTurnCameTooLongAgo) {
  TurnBook book{kStart};
  book.pass(0, 10, kStart);
  book.pass(10, 20, kStart + 10s);
  EXPECT_TRUE(book.come(5, kStart + 23s));
  EXPECT_FALSE(book.come(5, kStart + 25s));
  EXPECT_EQ(book.oldest(), 10);
  EXPECT_LE(book.expected(), 10);
  EXPECT_TRUE(book.come(15, kStart + 25s));
}

TEST(TurnBook, ExpectsAsManyAsCameOfThoseBefore) {
  TurnBook book{kStart};
  double place = 0;
  for (int second = 0; second < 60; ++second, place += 100) {
    book.pass(place, place + 100, kStart + second * 1s);
    for (int i = 0; i < 70; ++i) book.come(place + 50, kStart + second * 1s);
  }
  EXPECT_NEAR(book.share(), 0.7, 0.03);
}

TEST(TurnBook, LearnsNothingWhileNobodyGetsThroughAtAll) {
  TurnBook book{kStart};
  for (int second = 0; second < 60; ++second)
    book.pass(second * 100, second * 100 + 100, kStart + second * 1s);
  EXPECT_EQ(book.share(), 1) << "they would all come at once when the way is free";
}

TEST(TurnBook, StandsAGapInItsClock) {
  TurnBook book{kStart};
  book.pass(0, 10, kStart);
  book.promise(30, kStart + 5s);
  EXPECT_EQ(book.promised(kStart + 240h), 30);
  EXPECT_EQ(book.expected(), 0);
  EXPECT_EQ(book.promised(kStart), 30) << "a step back is no step";
}

}  // namespace
}  // namespace levee::admission
