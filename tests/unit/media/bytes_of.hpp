#pragma once

#include <initializer_list>
#include <string_view>

#include "levee/base/bytes.hpp"

namespace levee::media {

/// Bytes written as hexadecimal digits; blanks between them are for the reader.
inline Bytes from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes out;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    if (high < 0) {
      high = value(c);
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + value(c)));
      high = -1;
    }
  }
  return out;
}

inline Bytes bytes_of(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

}  // namespace levee::media
