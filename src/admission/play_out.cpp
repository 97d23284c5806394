#include "levee/admission/play_out.hpp"

#include <algorithm>

namespace levee::admission {
namespace {

constexpr Duration kJump = std::chrono::seconds{5};  // media left out: it went to the live edge

}  // namespace

void PlayOut::sent(TimePoint begin, TimePoint end, TimePoint now) {
  if (end_ == TimePoint{} || begin > end_ + kJump) {
    behind_ = now - begin;
    end_ = end;
    return;
  }
  if (end <= end_) return;                  // again, on another rung
  behind_ = std::max(behind_, now - end_);  // had it run dry, it plays so much later from now on
  end_ = end;
}

}  // namespace levee::admission
