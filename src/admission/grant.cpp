#include "levee/admission/grant.hpp"

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

}  // namespace levee::admission
