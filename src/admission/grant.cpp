#include "levee/admission/grant.hpp"

#include <algorithm>

namespace levee::admission {

std::string_view to_string(Level level) {
  switch (level) {
    case Level::open:
      return "open";
    case Level::start_low:
      return "start_low";
    case Level::wait:
      return "wait";
    case Level::hide_top:
      return "hide_top";
    case Level::protect:
      return "protect";
  }
  return "unknown";
}

void Grant::bound(double newcomers_per_second) {
  rate = std::min(rate, newcomers_per_second);
  fastest = std::min(fastest, 2 * newcomers_per_second);
  burst = std::min(burst, std::max(1.0, newcomers_per_second));
  expected_rate = std::min(expected_rate, newcomers_per_second);
  forecast.bound(newcomers_per_second);
}

}  // namespace levee::admission
