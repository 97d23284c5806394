#include "levee/base/bytes.hpp"

#include <gtest/gtest.h>

namespace levee {
namespace {

TEST(ByteReader, ReadsWhatByteWriterWrote) {
  Bytes bytes;
  ByteWriter out{bytes};
  out.u8(0x12);
  out.u16(0x3456);
  out.u24(0x789abc);
  out.u32(0xdeadbeef);
  out.u64(0x0123456789abcdefULL);
  out.text("xy");
  ByteReader in{bytes};
  EXPECT_EQ(in.u8(), 0x12);
  EXPECT_EQ(in.u16(), 0x3456);
  EXPECT_EQ(in.u24(), 0x789abcu);
  EXPECT_EQ(in.u32(), 0xdeadbeefu);
  EXPECT_EQ(in.u64(), 0x0123456789abcdefULL);
  EXPECT_EQ(as_text(in.bytes(2)), "xy");
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.rest().empty());
}

TEST(ByteReader, GivesZeroPastTheEndAndSaysSo) {
  const Bytes bytes{std::byte{1}, std::byte{2}};
  ByteReader in{bytes};
  EXPECT_EQ(in.u24(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_TRUE(in.rest().empty());
}

}  // namespace
}  // namespace levee
