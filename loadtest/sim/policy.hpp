#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "levee/admission/gate.hpp"
#include "levee/admission/grant.hpp"
#include "levee/admission/signals.hpp"

namespace levee::sim {

/// What a newcomer that must wait is told, and what it shows when it comes back.
struct Told {
  double seconds = 1;
  bool promise = true;  ///< false: it was only asked to ask again
  double estimate = 0;  ///< what people are told: seconds until it gets in; 0: nobody can tell
  admission::Ticket ticket;
};

/// A way to let viewers in, as the simulation sees it.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::optional<Told> ask(std::uint32_t viewer, std::optional<admission::Ticket> ticket,
                                  TimePoint now, std::uint32_t random) = 0;
  /// Called every 100 ms; fills in what the gates know first.
  virtual const admission::Grant& evaluate(admission::Signals& signals, TimePoint now) = 0;
  virtual double load() const { return 0; }
  /// Whether a part goes to those first who have watched for longest.
  virtual bool oldest_first() const { return false; }
};

/// `none`: everybody comes in. `bucket`: 200 newcomers a second, whatever happens. `aimd`: the rate grows by
/// a step while nothing is late, and is halved when something is. `levee`: the real controller and its gates.
/// Errors: throws std::invalid_argument for any other name.
std::unique_ptr<Policy> make_policy(const std::string& name, TimePoint now);

}  // namespace levee::sim
