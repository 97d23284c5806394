#include "levee/rtmp/handshake.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "levee/rtmp/error.hpp"

#include "unit/rtmp/peer.hpp"

namespace levee::rtmp {
namespace {

std::array<std::byte, Handshake::kRandomSize> random_bytes() {
  std::array<std::byte, Handshake::kRandomSize> random;
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::byte>(i * 31);
  return random;
}

void expect_answer(BytesView output, BytesView c1) {
  ASSERT_EQ(output.size(), 1 + 2 * Handshake::kPacketSize);
  EXPECT_EQ(output[0], std::byte{3});
  EXPECT_TRUE(std::ranges::all_of(output.subspan(1, 8), [](auto b) { return b == std::byte{0}; }));
  EXPECT_TRUE(std::ranges::equal(output.subspan(9, Handshake::kRandomSize), random_bytes()));
  EXPECT_TRUE(std::ranges::equal(output.subspan(1 + Handshake::kPacketSize), c1));
}

class RecordedHandshake : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedHandshake, IsAnsweredWithAPlainS1AndAnEchoOfC1) {
  const auto sent = testing::capture(GetParam());
  Handshake handshake{random_bytes()};
  const auto consumed = handshake.consume(sent);
  ASSERT_TRUE(consumed.has_value());
  EXPECT_EQ(*consumed, 1 + 2 * Handshake::kPacketSize);
  EXPECT_TRUE(handshake.done());
  expect_answer(handshake.take_output(), BytesView{sent}.subspan(1, Handshake::kPacketSize));
}

INSTANTIATE_TEST_SUITE_P(Clients, RecordedHandshake,
                         ::testing::Values("obs-rtmp-session.bin", "ffmpeg.c2s.bin", "gst-rtmp2sink.c2s.bin",
                                           "librtmp-ertmp-hevc.c2s.bin", "rtmpdump-play.c2s.bin"));

TEST(Handshake, IsTheSameWhereverTheBytesAreCut) {
  auto sent = testing::capture("obs-rtmp-session.bin");
  sent.resize(4000);
  for (std::size_t cut = 0; cut <= sent.size(); ++cut) {
    Handshake handshake{random_bytes()};
    Bytes output;
    std::size_t consumed = 0;
    for (const auto piece : {BytesView{sent}.first(cut), BytesView{sent}.subspan(cut)}) {
      consumed += handshake.consume(piece).value();
      const auto more = handshake.take_output();
      output.insert(output.end(), more.begin(), more.end());
    }
    ASSERT_EQ(consumed, 1 + 2 * Handshake::kPacketSize) << cut;
    ASSERT_TRUE(handshake.done()) << cut;
    ASSERT_EQ(output.size(), 1 + 2 * Handshake::kPacketSize) << cut;
  }
}

TEST(Handshake, SendsNothingBeforeC1IsComplete) {
  Handshake handshake{random_bytes()};
  const auto sent = testing::handshake();
  EXPECT_EQ(handshake.consume(BytesView{sent}.first(Handshake::kPacketSize)).value(), Handshake::kPacketSize);
  EXPECT_TRUE(handshake.take_output().empty());
  EXPECT_FALSE(handshake.done());
}

TEST(Handshake, RefusesOtherVersionsOnTheFirstByte) {
  for (const int first : {0, 2, 4, 6, 0x16, int{'G'}}) {
    Handshake handshake{random_bytes()};
    EXPECT_EQ(handshake.consume(testing::bytes(first)).error(), Errc::not_rtmp) << first;
  }
}

}  // namespace
}  // namespace levee::rtmp
