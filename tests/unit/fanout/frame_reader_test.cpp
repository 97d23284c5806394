#include "fanout/frame_reader.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::fanout {
namespace {

std::string frame(FrameReader::Opcode opcode, std::string_view payload) {
  std::string bytes{static_cast<char>(0x80 | opcode)};
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += static_cast<char>(126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size() & 255U);
  }
  return bytes += payload;
}

TEST(FrameReader, GivesTheSameFramesWhereverTheBytesAreCut) {
  const std::string longer(300, 'x');
  const auto bytes = frame(FrameReader::text, "one") + frame(FrameReader::text, longer) +
                     frame(FrameReader::ping, "") + frame(FrameReader::close, "\x03\xe8");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    FrameReader reader;
    std::string seen;
    const auto take = [&](FrameReader::Opcode opcode, std::string_view payload) {
      seen += std::to_string(opcode) + ":" + std::string{payload} + ";";
    };
    EXPECT_TRUE(reader.feed(std::string_view{bytes}.substr(0, cut), take));
    EXPECT_TRUE(reader.feed(std::string_view{bytes}.substr(cut), take));
    EXPECT_EQ(seen, "1:one;1:" + longer + ";9:;8:\x03\xe8;");
  }
}

TEST(FrameReader, ReadsFramesByteByByte) {
  FrameReader reader;
  std::string seen;
  for (const char byte : frame(FrameReader::text, "abc") + frame(FrameReader::text, "d"))
    EXPECT_TRUE(reader.feed({&byte, 1}, [&](auto, std::string_view payload) { seen += payload; }));
  EXPECT_EQ(seen, "abcd");
}

TEST(FrameReader, RefusesWhatNoServerHereSends) {
  const auto nothing = [](auto, std::string_view) {};
  EXPECT_FALSE(FrameReader{}.feed({"\x01\x01x", 3}, nothing)) << "the first part of a text";
  EXPECT_FALSE(FrameReader{}.feed({"\x81\x81mmmmx", 7}, nothing)) << "a masked frame";
  EXPECT_FALSE(FrameReader{}.feed({"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10}, nothing)) << "too long";
}

}  // namespace
}  // namespace levee::fanout
