#include "levee/rtmp/amf0.hpp"

#include <gtest/gtest.h>

#include "levee/rtmp/error.hpp"

#include "unit/rtmp/peer.hpp"

namespace levee::rtmp::amf0 {
namespace {

using rtmp::testing::bytes;
using rtmp::testing::concat;

Bytes encoded(const Value& value) {
  Bytes out;
  encode(value, out);
  return out;
}

Value one_of_each() {
  return Object{{
      {"number", -1.5},
      {"true", true},
      {"false", false},
      {"text", "abc"},
      {"long text", std::string(70'000, 'x')},
      {"null", nullptr},
      {"undefined", Undefined{}},
      {"date", Date{1.7e12}},
      {"object", Object{{{"", "empty name"}, {"nested", Object{}}}}},
      {"ecma", EcmaArray{{{"2.1", false}, {"width", 640.0}}}},
      {"strict", StrictArray{{1.0, "two", nullptr, StrictArray{}}}},
  }};
}

TEST(Amf0, ReadsWhatItWrites) {
  const auto value = one_of_each();
  const auto decoded = decode(encoded(value));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
  ASSERT_EQ(decoded->size(), 1u);
  EXPECT_EQ(decoded->front(), value);
}

TEST(Amf0, WritesTheBytesOfTheSpecification) {
  EXPECT_EQ(encoded(1.0), bytes(0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(encoded(true), bytes(1, 1));
  EXPECT_EQ(encoded("hi"), bytes(2, 0, 2, 'h', 'i'));
  EXPECT_EQ(encoded(nullptr), bytes(5));
  EXPECT_EQ(encoded(Undefined{}), bytes(6));
  EXPECT_EQ(encoded(Object{{{"a", nullptr}}}), bytes(3, 0, 1, 'a', 5, 0, 0, 9));
  EXPECT_EQ(encoded(EcmaArray{{{"a", nullptr}}}), bytes(8, 0, 0, 0, 1, 0, 1, 'a', 5, 0, 0, 9));
  EXPECT_EQ(encoded(StrictArray{{nullptr, nullptr}}), bytes(10, 0, 0, 0, 2, 5, 5));
  EXPECT_EQ(encoded(Date{0}), bytes(11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(Amf0, ReadsTypesThatItDoesNotKeep) {
  const auto decoded = decode(concat(
      {bytes(7, 0, 1), bytes(13), bytes(15, 0, 0, 0, 1, 'x'), bytes(16, 0, 1, 'C', 0, 1, 'a', 5, 0, 0, 9)}));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, (std::vector<Value>{Undefined{}, Undefined{}, "x", Object{{{"a", nullptr}}}}));
}

TEST(Amf0, IgnoresTheCountOfAnEcmaArray) {
  const auto decoded = decode(bytes(8, 0xff, 0xff, 0xff, 0xff, 0, 1, 'a', 5, 0, 0, 9));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->front(), Value{(EcmaArray{{{"a", nullptr}}})});
}

TEST(Amf0, RefusesEveryCutOfAValue) {
  const auto whole = encoded(one_of_each());
  const auto step = [](std::size_t cut) -> std::size_t { return cut < 200 ? 1 : 997; };
  for (std::size_t cut = 1; cut < whole.size(); cut += step(cut))
    EXPECT_EQ(decode(BytesView{whole}.first(cut)).error(), Errc::amf_truncated) << cut;
}

TEST(Amf0, RefusesAStrictArrayThatPromisesMoreThanItHas) {
  EXPECT_EQ(decode(bytes(10, 0xff, 0xff, 0xff, 0xff, 5, 5)).error(), Errc::amf_truncated);
}

TEST(Amf0, RefusesNestingBeyondTheLimit) {
  const auto nested = [](std::size_t depth) {
    Value value;
    for (std::size_t i = 0; i < depth; ++i) value = StrictArray{{std::move(value)}};
    return encoded(value);
  };
  EXPECT_TRUE(decode(nested(16)).has_value());
  EXPECT_EQ(decode(nested(17)).error(), Errc::amf_too_deep);
}

TEST(Amf0, RefusesMoreValuesThanTheLimit) {
  EXPECT_TRUE(decode(Bytes(2048, std::byte{5})).has_value());
  EXPECT_EQ(decode(Bytes(2049, std::byte{5})).error(), Errc::amf_too_many_values);
  EXPECT_EQ(decode(concat({bytes(10, 0, 0, 0x10, 0), Bytes(4096, std::byte{5})})).error(),
            Errc::amf_too_many_values);
}

TEST(Amf0, RefusesUnknownAndReservedTypes) {
  for (const int marker : {0x04, 0x09, 0x0e, 0x11, 0x12, 0xff})
    EXPECT_EQ(decode(bytes(marker, 0, 0, 0, 0)).error(), Errc::amf_unknown_type) << marker;
}

TEST(Amf0, FindsPropertiesOfObjectsAndEcmaArraysOnly) {
  const Value object = Object{{{"a", 1.0}}};
  const Value array = EcmaArray{{{"a", 2.0}}};
  EXPECT_EQ(*object.find("a")->get<double>(), 1.0);
  EXPECT_EQ(*array.find("a")->get<double>(), 2.0);
  EXPECT_EQ(object.find("b"), nullptr);
  EXPECT_EQ(Value{"a"}.find("a"), nullptr);
}

}  // namespace
}  // namespace levee::rtmp::amf0
