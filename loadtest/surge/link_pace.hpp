#pragma once

#include <cstddef>

#include "levee/base/clock.hpp"

#include "surge/scenario.hpp"

namespace levee::surge {

/// How much a client on a bad network may read now. Reading less is all that a slow network does to a server:
/// the kernel's window closes, and the server's queue grows.
///
/// Time: passed in, and never backwards.
class LinkPace {
 public:
  LinkPace(const LinkModel& model, TimePoint now) : model_{model}, began_{now}, filled_{now} {}

  /// Bytes that may be read now; 0: none before `resume_at`.
  std::size_t allowed(TimePoint now);
  void took(std::size_t bytes) { budget_ -= static_cast<double>(bytes); }
  /// When some may be read again. Call after `allowed` gave 0.
  TimePoint resume_at(TimePoint now) const;

 private:
  bool stopped(TimePoint now) const;

  LinkModel model_;
  TimePoint began_;
  TimePoint filled_;
  double budget_ = 0;
};

}  // namespace levee::surge
