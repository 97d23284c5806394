#include "surge/quantity.hpp"

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, IsReadWithItsUnit) {
  EXPECT_DOUBLE_EQ(*read_quantity("250ms", Unit::time), 0.25);
  EXPECT_DOUBLE_EQ(*read_quantity("3 s", Unit::time), 3);
  EXPECT_DOUBLE_EQ(*read_quantity("2min", Unit::time), 120);
  EXPECT_DOUBLE_EQ(*read_quantity("0.5%", Unit::fraction), 0.005);
  EXPECT_DOUBLE_EQ(*read_quantity("0.01", Unit::fraction), 0.01);
  EXPECT_DOUBLE_EQ(*read_quantity("40Gb/s", Unit::rate), 40e9);
  EXPECT_DOUBLE_EQ(*read_quantity("12", Unit::count), 12);
}

TEST(Quantity, NeedsAUnitWhereANumberAloneCouldMeanAnything) {
  EXPECT_FALSE(read_quantity("3", Unit::time));
  EXPECT_FALSE(read_quantity("3", Unit::rate));
  EXPECT_DOUBLE_EQ(*read_quantity("0", Unit::time), 0);
}

TEST(Quantity, TakesNoUnitOfAnotherKindAndNoNonsense) {
  for (const auto* text : {"3%", "3Mb/s", "ms", "", "3s3", "nan", "inf"})
    EXPECT_FALSE(read_quantity(text, Unit::time)) << text;
}

TEST(Quantity, IsWrittenWithThreeDigitsThatMatter) {
  EXPECT_EQ(write_quantity(0.00453, Unit::time), "4.53 ms");
  EXPECT_EQ(write_quantity(0.0000451, Unit::time), "45.1 us");
  EXPECT_EQ(write_quantity(2.458, Unit::time), "2.46 s");
  EXPECT_EQ(write_quantity(0, Unit::time), "0 s");
  EXPECT_EQ(write_quantity(0.9999, Unit::time), "1.00 s");
  EXPECT_EQ(write_quantity(12'345, Unit::count), "12,345");
  EXPECT_EQ(write_quantity(999, Unit::count), "999");
  EXPECT_EQ(write_quantity(0.005, Unit::fraction), "0.50 %");
  EXPECT_EQ(write_quantity(27.1e9, Unit::rate), "27.1 Gb/s");
}

TEST(Quantity, TimesReturnAsTheyWere) {
  for (const Duration time : {Duration{0s}, Duration{250ms}, Duration{90s}, Duration{17us}})
    EXPECT_EQ(read_time(write_time(time)), time);
  EXPECT_FALSE(read_time("-1s"));
  EXPECT_FALSE(read_time("100000s"));
}

}  // namespace
}  // namespace levee::surge
