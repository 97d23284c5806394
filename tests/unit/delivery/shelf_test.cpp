#include "levee/delivery/shelf.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_rendition.hpp"

namespace levee::delivery {
namespace {

class ShelfTest : public testing::Test {
 protected:
  void show(std::shared_ptr<const hls::RenditionView> a, std::shared_ptr<const hls::RenditionView> b,
            std::string_view changed) {
    latest = prepare(test::stream_of({std::move(a), std::move(b)}), latest.get(), {});
    shelf.put(latest, changed);
  }
  std::unique_ptr<Shelf::Waiter> wait(Park park, std::string name) {
    return std::make_unique<Shelf::Waiter>(shelf, park, [this, name] { woken += name; });
  }
  static Park for_part(std::uint64_t msn, std::uint64_t part, std::string_view rendition = "480p") {
    return {"show", rendition, Park::For::part_of_segment, msn, part, {}};
  }

  Shelf shelf{100};
  std::shared_ptr<const PreparedStream> latest;
  std::string woken;
};

TEST_F(ShelfTest, WakesOnlyThoseWhosePartHasCome) {
  show(test::rendition_at(1, 1), test::rendition_at(1, 1, "240p"), "");
  const auto a = wait(for_part(1, 1), "a");
  const auto b = wait(for_part(1, 2), "b");
  const auto c = wait(for_part(1, 1, "240p"), "c");
  const auto d = wait({"show", "480p", Park::For::whole_segment, 1, 0, {}}, "d");
  const auto e = wait({"show", "480p", Park::For::part_number, 0, 5, {}}, "e");
  EXPECT_EQ(shelf.parked(), 5u);
  show(test::rendition_at(1, 2), test::rendition_at(1, 2, "240p"), "480p");
  EXPECT_FALSE(shelf.wake_some(100));
  EXPECT_EQ(woken, "ea");
  show(test::rendition_at(2, 0), test::rendition_at(1, 2, "240p"), "");
  shelf.wake_some(100);
  EXPECT_EQ(woken, "eacdb");
}

TEST_F(ShelfTest, WakesSomeAtATimeWhoCameLastFirst) {
  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  std::vector<std::unique_ptr<Shelf::Waiter>> waiters;
  for (int i = 0; i < 5; ++i) waiters.push_back(wait(for_part(1, 0), std::to_string(i)));
  show(test::rendition_at(1, 1), test::rendition_at(1, 0, "240p"), "480p");
  EXPECT_TRUE(shelf.wake_some(2));
  EXPECT_EQ(woken, "43");
  waiters[2].reset();
  EXPECT_FALSE(shelf.wake_some(2));
  EXPECT_EQ(woken, "4310");
}

TEST_F(ShelfTest, WakesSettledViewersBeforeNewcomersAndAnOlderPartsBeforeANewerOnes) {
  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  Park settled = for_part(1, 0);
  settled.turn.settled = true;
  const auto a = wait(settled, "a");
  const auto b = wait(for_part(1, 0), "b");
  const auto c = wait(settled, "c");
  const auto d = wait(for_part(1, 0), "d");
  settled.part = 1;
  const auto e = wait(settled, "e");
  show(test::rendition_at(1, 1), test::rendition_at(1, 0, "240p"), "480p");
  show(test::rendition_at(1, 2), test::rendition_at(1, 0, "240p"), "480p");
  shelf.wake_some(100);
  EXPECT_EQ(woken, "cadbe");
}

TEST_F(ShelfTest, WakesWhoHasWatchedForLongestFirst) {
  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  std::vector<std::unique_ptr<Shelf::Waiter>> waiters;
  for (const std::uint32_t let_in : {300U, 100U, 200U, 100U}) {
    Park park = for_part(1, 0);
    park.turn = {true, let_in, {}};
    waiters.push_back(wait(park, std::to_string(let_in) + (waiters.size() == 3 ? "last " : " ")));
  }
  show(test::rendition_at(1, 1), test::rendition_at(1, 0, "240p"), "480p");
  shelf.wake_some(100);
  EXPECT_EQ(woken, "100last 100 200 300 ");
}

TEST_F(ShelfTest, TellsWhoIsNextAndOfWhichRelease) {
  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  Park settled = for_part(1, 0);
  settled.turn = {true, 100, {}};
  const auto a = wait(settled, "a");
  const auto b = wait(for_part(1, 0), "b");
  EXPECT_FALSE(shelf.front());
  EXPECT_FALSE(shelf.settled_are_ready()) << "they wait";
  latest = prepare(test::stream_of({test::rendition_at(1, 1), test::rendition_at(1, 0, "240p")}),
                   latest.get(), {});
  shelf.put(latest, "480p", 7);
  ASSERT_TRUE(shelf.front());
  EXPECT_EQ(shelf.front()->release, 7u);
  EXPECT_EQ(shelf.front()->turn.let_in, 100u);
  EXPECT_TRUE(shelf.settled_are_ready());
  shelf.wake_some(1);
  ASSERT_TRUE(shelf.front());
  EXPECT_EQ(shelf.front()->release, 7u);
  EXPECT_FALSE(shelf.settled_are_ready()) << "who is left has just come";
  shelf.wake_some(1);
  EXPECT_FALSE(shelf.front());
}

TEST_F(ShelfTest, WakesWhoIsNearestToRunningDryFirstWhenThereIsNotEnoughForAll) {
  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  shelf.order(admission::TurnOrder::by_need);
  std::vector<std::unique_ptr<Shelf::Waiter>> waiters;
  for (const int seconds : {3, 1, 2}) {
    Park park = for_part(1, 0);
    park.turn = {true, 100, TimePoint{std::chrono::seconds{seconds}}};
    waiters.push_back(wait(park, std::to_string(seconds)));
  }
  Park newcomer = for_part(1, 0);
  newcomer.turn.let_in = 1;
  waiters.push_back(wait(newcomer, "new"));
  show(test::rendition_at(1, 1), test::rendition_at(1, 0, "240p"), "480p");
  shelf.wake_some(100);
  EXPECT_EQ(woken, "123new") << "who has yet to fill a buffer comes last";
}

TEST_F(ShelfTest, ForgetsAWaiterThatLeaves) {
  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  auto waiter = wait(for_part(1, 0), "a");
  waiter.reset();
  EXPECT_EQ(shelf.parked(), 0u);
  show(test::rendition_at(1, 1), test::rendition_at(1, 0, "240p"), "480p");
  EXPECT_FALSE(shelf.wake_some(100));
  EXPECT_EQ(woken, "");
}

TEST_F(ShelfTest, WakesAllWhenTheRenditionEndsTheStreamGoesOrTheServerStops) {
  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  const auto a = wait(for_part(2, 0), "a");
  auto ended = test::rendition_at(1, 0);
  ended->has_ended = true;
  show(ended, test::rendition_at(1, 0, "240p"), "");
  shelf.wake_some(100);
  EXPECT_EQ(woken, "a");

  const auto b = wait(for_part(2, 0, "240p"), "b");
  shelf.remove("show");
  shelf.wake_some(100);
  EXPECT_EQ(woken, "ab");
  EXPECT_EQ(shelf.find("show"), nullptr);

  show(test::rendition_at(1, 0), test::rendition_at(1, 0, "240p"), "");
  const auto c = wait(for_part(2, 0), "c");
  shelf.wake_all();
  shelf.wake_some(100);
  EXPECT_EQ(woken, "abc");
}

TEST_F(ShelfTest, TellsWhenNoMoreMayBeParked) {
  Shelf small{1};
  EXPECT_FALSE(small.full());
  const Shelf::Waiter waiter{small, for_part(1, 0), [] {}};
  EXPECT_TRUE(small.full());
}

TEST(Prepare, KeepsWhatHasNotChanged) {
  const auto same = test::rendition_at(1, 0, "240p");
  const auto first = prepare(test::stream_of({test::rendition_at(1, 0), same}), nullptr, {});
  const auto second = prepare(test::stream_of({test::rendition_at(1, 1), same}), first.get(), {});
  EXPECT_EQ(first->renditions[1], second->renditions[1]);
  EXPECT_NE(first->renditions[0], second->renditions[0]);
}

TEST(Prepare, CompressesAPlaylistOnce) {
  const PreparedRendition rendition{test::rendition_at(1, 0), "abc", {}};
  const auto compressed = rendition.playlist()->get(true);
  ASSERT_GT(compressed.size(), 2u);
  EXPECT_EQ(compressed[0], std::byte{0x1f});
  EXPECT_EQ(compressed[1], std::byte{0x8b});
  EXPECT_EQ(rendition.playlist()->get(true).data(), compressed.data());
}

}  // namespace
}  // namespace levee::delivery
