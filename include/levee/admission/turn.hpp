#pragma once

#include <cstdint>

#include "levee/base/clock.hpp"

namespace levee::admission {

/// What decides when a viewer gets a part that many wait for.
struct Turn {
  bool settled = false;      ///< was let in, and has been served, some seconds ago
  std::uint32_t let_in = 0;  ///< when; seconds since 1970
  TimePoint runs_dry{};      ///< when its buffer is empty, see PlayOut
};

/// The order in which a part goes out.
enum class TurnOrder : std::uint8_t {
  by_seniority,  ///< who has watched for longest first: who came later delays nobody who was there before
  by_need,  ///< who is nearest to running dry first: for when there is not enough for all, Level::protect
};

/// Whether `a` gets it before `b`; neither before the other: as it happens. Newcomers' beginnings come last
/// in every order: they have yet to fill a buffer, and would always be nearest to running dry.
inline bool goes_before(const Turn& a, const Turn& b, TurnOrder order) {
  if (a.settled != b.settled) return a.settled;
  return order == TurnOrder::by_need ? a.runs_dry < b.runs_dry : a.let_in < b.let_in;
}

}  // namespace levee::admission
