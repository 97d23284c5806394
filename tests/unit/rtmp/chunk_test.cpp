#include "levee/rtmp/chunk.hpp"

#include <gtest/gtest.h>

#include "levee/rtmp/error.hpp"

#include "unit/rtmp/peer.hpp"

namespace levee::rtmp {
namespace {

using testing::bytes;
using testing::concat;

struct Decoded {
  std::vector<Message> messages;
  ErrorCode error;
};

void drain(ChunkDecoder& decoder, Decoded& decoded) {
  while (!decoded.error) {
    auto message = decoder.next();
    if (!message) {
      decoded.error = message.error();
    } else if (*message) {
      decoded.messages.push_back(std::move(**message));
    } else {
      return;
    }
  }
}

Decoded decode(const std::vector<BytesView>& pieces, ChunkLimits limits = {}) {
  ChunkDecoder decoder{limits};
  Decoded decoded;
  for (const auto piece : pieces) {
    decoder.feed(piece);
    drain(decoder, decoded);
  }
  return decoded;
}

Decoded decode(const Bytes& input, ChunkLimits limits = {}) { return decode({BytesView{input}}, limits); }

void expect_same(const Decoded& a, const Decoded& b) {
  EXPECT_EQ(a.error, b.error);
  ASSERT_EQ(a.messages.size(), b.messages.size());
  for (std::size_t i = 0; i < a.messages.size(); ++i) {
    EXPECT_EQ(a.messages[i].chunk_stream, b.messages[i].chunk_stream);
    EXPECT_EQ(a.messages[i].type, b.messages[i].type);
    EXPECT_EQ(a.messages[i].stream, b.messages[i].stream);
    EXPECT_EQ(a.messages[i].timestamp, b.messages[i].timestamp);
    EXPECT_EQ(a.messages[i].body, b.messages[i].body);
  }
}

Bytes set_chunk_size(std::uint32_t size) {
  Message message{.type = MessageType::set_chunk_size, .body = {}};
  ByteWriter{message.body}.u32(size);
  return testing::chunks(message);
}

Bytes filled(std::size_t size) {
  Bytes filled(size);
  for (std::size_t i = 0; i < size; ++i) filled[i] = static_cast<std::byte>(i * 7);
  return filled;
}

/// All four header types on two chunk streams, interleaved, with an extended timestamp.
Bytes every_header_type() {
  return concat({
      set_chunk_size(4),
      bytes(0x04, 0, 0, 10, 0, 0, 6, 9, 1, 0, 0, 0, 'a', 'b', 'c', 'd'),  // type 0, half a message
      bytes(0x05, 0, 0, 11, 0, 0, 2, 8, 1, 0, 0, 0, 'x', 'y'),            // another stream between
      bytes(0xc4, 'e', 'f'),                                              // type 3: the rest
      bytes(0x44, 0, 0, 5, 0, 0, 1, 9, 'g'),                              // type 1: delta 5
      bytes(0x84, 0, 0, 7, 'h'),                                          // type 2: delta 7
      bytes(0xc4, 'i'),                                                   // type 3 begins one: delta 7 again
      bytes(0x06, 0xff, 0xff, 0xff, 0, 0, 6, 9, 1, 0, 0, 0, 1, 0, 0, 0, 'j', 'k', 'l', 'm'),
      bytes(0xc6, 1, 0, 0, 0, 'n', 'o'),
  });
}

TEST(ChunkDecoder, ReadsEveryHeaderType) {
  const auto decoded = decode(every_header_type());
  ASSERT_FALSE(decoded.error);
  ASSERT_EQ(decoded.messages.size(), 6u);
  const auto& [audio, first, second, third, fourth, extended] =
      std::tie(decoded.messages[0], decoded.messages[1], decoded.messages[2], decoded.messages[3],
               decoded.messages[4], decoded.messages[5]);
  EXPECT_EQ(as_text(audio.body), "xy");
  EXPECT_EQ(audio.type, MessageType::audio);
  EXPECT_EQ(audio.timestamp, 11u);
  EXPECT_EQ(as_text(first.body), "abcdef");
  EXPECT_EQ(first.timestamp, 10u);
  EXPECT_EQ(first.stream, 1u);
  EXPECT_EQ(second.timestamp, 15u);
  EXPECT_EQ(third.timestamp, 22u);
  EXPECT_EQ(fourth.timestamp, 29u);
  EXPECT_EQ(as_text(fourth.body), "i");
  EXPECT_EQ(extended.timestamp, 0x01000000u);
  EXPECT_EQ(as_text(extended.body), "jklmno");
}

TEST(ChunkDecoder, GivesTheSameMessagesWhereverTheBytesAreCut) {
  const auto input = every_header_type();
  const auto whole = decode(input);
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    SCOPED_TRACE(cut);
    const BytesView view{input};
    expect_same(whole, decode({view.first(cut), view.subspan(cut)}));
  }
  std::vector<BytesView> single;
  for (const auto& byte : input) single.push_back({&byte, 1});
  expect_same(whole, decode(single));
}

TEST(ChunkDecoder, ReadsChunkStreamIdsOfOneTwoAndThreeBytes) {
  const auto header = bytes(0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0);
  const auto decoded = decode(concat({bytes(0x3f), header, bytes(0x00, 0), header, bytes(0x00, 255), header,
                                      bytes(0x01, 0, 1), header, bytes(0x01, 255, 255), header}));
  ASSERT_FALSE(decoded.error);
  ASSERT_EQ(decoded.messages.size(), 5u);
  EXPECT_EQ(decoded.messages[0].chunk_stream, 63u);
  EXPECT_EQ(decoded.messages[1].chunk_stream, 64u);
  EXPECT_EQ(decoded.messages[2].chunk_stream, 319u);
  EXPECT_EQ(decoded.messages[3].chunk_stream, 320u);
  EXPECT_EQ(decoded.messages[4].chunk_stream, 65599u);
}

TEST(ChunkDecoder, ReadsTheMessageStreamIdLittleEndian) {
  const auto decoded = decode(bytes(0x03, 0, 0, 0, 0, 0, 0, 20, 0x04, 0x03, 0x02, 0x01));
  ASSERT_EQ(decoded.messages.size(), 1u);
  EXPECT_EQ(decoded.messages[0].stream, 0x01020304u);
}

TEST(ChunkDecoder, ToleratesAPeerThatDoesNotRepeatTheExtendedTimestamp) {
  const auto decoded = decode(concat({
      set_chunk_size(4),
      bytes(0x06, 0xff, 0xff, 0xff, 0, 0, 12, 9, 1, 0, 0, 0, 1, 2, 3, 4, 'a', 'b', 'c', 'd'),
      bytes(0xc6, 'e', 'f', 'g', 'h'),
      bytes(0xc6, 'i', 'j', 'k', 'l'),
  }));
  ASSERT_FALSE(decoded.error);
  ASSERT_EQ(decoded.messages.size(), 1u);
  EXPECT_EQ(decoded.messages[0].timestamp, 0x01020304u);
  EXPECT_EQ(as_text(decoded.messages[0].body), "abcdefghijkl");
}

TEST(ChunkDecoder, AcceptsTheAbsoluteTimeWhereADeltaWasExtended) {
  const auto decoded = decode(concat({
      set_chunk_size(2),
      bytes(0x06, 0, 0, 1, 0, 0, 1, 9, 1, 0, 0, 0, 'a'),
      bytes(0x46, 0xff, 0xff, 0xff, 0, 0, 4, 9, 1, 0, 0, 0, 'b', 'c'),
      bytes(0xc6, 1, 0, 0, 1, 'd', 'e'),
  }));
  ASSERT_EQ(decoded.messages.size(), 2u);
  EXPECT_EQ(decoded.messages[1].timestamp, 0x01000001u);
  EXPECT_EQ(as_text(decoded.messages[1].body), "bcde");
}

TEST(ChunkDecoder, RepeatsAnExtendedDeltaForAMessageThatATypeThreeChunkBegins) {
  const auto decoded = decode(concat({
      bytes(0x06, 0, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 'a'),
      bytes(0x86, 0xff, 0xff, 0xff, 2, 0, 0, 0, 'b'),
      bytes(0xc6, 2, 0, 0, 0, 'c'),
  }));
  ASSERT_EQ(decoded.messages.size(), 3u);
  EXPECT_EQ(decoded.messages[2].timestamp, 0x04000000u);
}

TEST(ChunkDecoder, LetsTimestampsWrap) {
  const auto decoded = decode(concat({
      bytes(0x06, 0xff, 0xff, 0xff, 0, 0, 1, 9, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe, 'a'),
      bytes(0x86, 0, 0, 5, 'b'),
  }));
  ASSERT_EQ(decoded.messages.size(), 2u);
  EXPECT_EQ(decoded.messages[0].timestamp, 0xfffffffeu);
  EXPECT_EQ(decoded.messages[1].timestamp, 3u);
}

// Source: RTMP 1.0 section 5.3.1.2.4.
TEST(ChunkDecoder, TakesTheTimestampAsDeltaWhenATypeThreeMessageFollowsATypeZeroOne) {
  const auto decoded = decode(concat({bytes(0x06, 0, 0, 40, 0, 0, 1, 9, 1, 0, 0, 0, 'a'), bytes(0xc6, 'b')}));
  ASSERT_EQ(decoded.messages.size(), 2u);
  EXPECT_EQ(decoded.messages[1].timestamp, 80u);
}

TEST(ChunkDecoder, AcceptsAFreshChunkStreamThatBeginsWithATypeOneHeader) {
  const auto decoded = decode(bytes(0x42, 0, 0, 9, 0, 0, 1, 4, 'p'));
  ASSERT_EQ(decoded.messages.size(), 1u);
  EXPECT_EQ(decoded.messages[0].timestamp, 9u);
}

TEST(ChunkDecoder, ForgetsAnAbortedMessage) {
  const auto decoded = decode(concat({
      set_chunk_size(4),
      bytes(0x06, 0, 0, 0, 0, 0, 8, 9, 1, 0, 0, 0, 'l', 'o', 's', 't'),
      bytes(0x02, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 6),
      bytes(0x06, 0, 0, 1, 0, 0, 1, 9, 1, 0, 0, 0, 'a'),
  }));
  ASSERT_FALSE(decoded.error);
  ASSERT_EQ(decoded.messages.size(), 1u);
  EXPECT_EQ(as_text(decoded.messages[0].body), "a");
}

TEST(ChunkDecoder, RefusesWhatIsOutOfStep) {
  EXPECT_EQ(decode(bytes(0xc4, 'a')).error, Errc::orphan_chunk);
  EXPECT_EQ(decode(bytes(0x84, 0, 0, 1)).error, Errc::orphan_chunk);
  EXPECT_EQ(decode(concat({set_chunk_size(2), bytes(0x04, 0, 0, 0, 0, 0, 4, 9, 1, 0, 0, 0, 'a', 'b'),
                           bytes(0x04, 0, 0, 0, 0, 0, 4, 9, 1, 0, 0, 0, 'a', 'b')}))
                .error,
            Errc::interrupted_message);
  EXPECT_EQ(decode(set_chunk_size(0)).error, Errc::bad_chunk_size);
  EXPECT_EQ(decode(set_chunk_size(0x80000000)).error, Errc::bad_chunk_size);
  EXPECT_EQ(decode(bytes(0x02, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0)).error, Errc::bad_control_message);
}

TEST(ChunkDecoder, KeepsItsFirstErrorForEver) {
  ChunkDecoder decoder{ChunkLimits{}};
  decoder.feed(bytes(0xc4, 'a'));
  EXPECT_EQ(decoder.next().error(), Errc::orphan_chunk);
  decoder.feed(every_header_type());
  EXPECT_EQ(decoder.next().error(), Errc::orphan_chunk);
}

TEST(ChunkDecoder, RefusesALargeMessageAtItsHeader) {
  const ChunkLimits limits{.media_bytes = 300, .other_bytes = 200};
  EXPECT_EQ(decode(bytes(0x04, 0, 0, 0, 0, 1, 45, 9, 1, 0, 0, 0), limits).error, Errc::message_too_large);
  EXPECT_EQ(decode(bytes(0x04, 0, 0, 0, 0, 0, 201, 20, 1, 0, 0, 0), limits).error, Errc::message_too_large);
  EXPECT_FALSE(decode(bytes(0x04, 0, 0, 0, 0, 1, 44, 9, 1, 0, 0, 0), limits).error);
}

TEST(ChunkDecoder, RefusesMoreChunkStreamsThanTheLimit) {
  Bytes input;
  for (int id = 2; id < 7; ++id) {
    const auto one = bytes(id, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0);
    input.insert(input.end(), one.begin(), one.end());
  }
  EXPECT_FALSE(decode(input, {.chunk_streams = 5}).error);
  EXPECT_EQ(decode(input, {.chunk_streams = 4}).error, Errc::too_many_chunk_streams);
}

TEST(ChunkDecoder, CountsAllMessagesUnderWayAgainstOneLimit) {
  const ChunkLimits limits{.media_bytes = 100, .other_bytes = 100, .underway_bytes = 150};
  ChunkDecoder decoder{limits};
  decoder.feed(bytes(0x04, 0, 0, 0, 0, 0, 100, 9, 1, 0, 0, 0));
  ASSERT_TRUE(decoder.next().has_value());
  EXPECT_EQ(decoder.buffered_bytes(), 100u);
  decoder.feed(Bytes(100));
  ASSERT_TRUE(decoder.next()->has_value());
  EXPECT_EQ(decoder.buffered_bytes(), 0u);

  EXPECT_EQ(decode(concat({set_chunk_size(1), bytes(0x04, 0, 0, 0, 0, 0, 100, 9, 1, 0, 0, 0, 'a'),
                           bytes(0x05, 0, 0, 0, 0, 0, 51, 9, 1, 0, 0, 0)}),
                   limits)
                .error,
            Errc::too_much_buffered);
}

TEST(ChunkDecoder, HoldsNoMoreInputThanAHeaderBetweenCalls) {
  ChunkDecoder decoder{ChunkLimits{}};
  const auto input = concat({set_chunk_size(4096), every_header_type()});
  Decoded decoded;
  for (const auto& byte : input) {
    decoder.feed({&byte, 1});
    drain(decoder, decoded);
    EXPECT_LE(decoder.waiting_bytes(), 18u);
  }
}

TEST(ChunkEncoder, WritesWhatTheDecoderReads) {
  for (const std::uint32_t id : {2u, 63u, 64u, 319u, 320u, 65599u}) {
    for (const std::uint32_t timestamp : {0u, 0xfffffeu, 0xffffffu, 0x12345678u}) {
      for (const std::size_t size : {0u, 1u, 127u, 128u, 129u, 1000u}) {
        const Message message{id, MessageType::video, 7, timestamp, filled(size)};
        expect_same(decode(testing::chunks(message)), {{message}, {}});
      }
    }
  }
}

TEST(ChunkEncoder, ObeysItsOwnSetChunkSize) {
  ChunkEncoder encoder;
  Bytes out;
  Message size{.type = MessageType::set_chunk_size, .body = bytes(0, 0, 0x10, 0)};
  encoder.encode(size, out);
  const Message message{5, MessageType::video, 1, 0, filled(4096)};
  encoder.encode(message, out);
  EXPECT_EQ(out.size(), 16 + 12 + 4096u);
  expect_same(decode(out), {{message}, {}});
}

}  // namespace
}  // namespace levee::rtmp
