#pragma once

#include <cstdint>
#include <string>

#include "levee/base/clock.hpp"

#include "surge/target.hpp"

namespace levee::fetch {

/// What a run has counted.
struct Tally {
  std::uint64_t responses = 0;
  std::uint64_t refusals = 0;  ///< of these, 503
  std::uint64_t body_bytes = 0;
  Duration lasted{};
};

/// The bytes that ask for the target.
inline std::string request_for(const surge::Target& target) {
  return "GET " + target.path + " HTTP/1.1\r\nHost: " + target.host + "\r\n\r\n";
}

}  // namespace levee::fetch
