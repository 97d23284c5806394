#include "levee/transcode/load_shedding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace levee::transcode {

LoadShedding::LoadShedding(SheddingSettings settings, std::vector<std::uint32_t> bitrates,
                           std::vector<bool> shed)
    : settings_{settings},
      bitrates_{std::move(bitrates)},
      shed_{std::move(shed)},
      restore_after_{settings.restore_after} {
  shed_.resize(bitrates_.size(), false);
}

std::optional<LoadShedding::Decision> LoadShedding::update(TimePoint now, const Load& load) {
  if (load.lag > settings_.restore_lag) {
    calm_since_.reset();
  } else if (!calm_since_) {
    calm_since_ = now;
  }
  if (restored_ && now - *restored_ >= settings_.stable_after) {
    restored_.reset();
    restore_after_ = settings_.restore_after;
  }
  if (changed_ && now - *changed_ < settings_.settle) return std::nullopt;

  if (load.lag > settings_.shed_lag) {
    const auto rung = cheapest_loss(load);
    if (!rung) return std::nullopt;
    if (std::exchange(restored_, std::nullopt))
      restore_after_ = std::min(restore_after_ * 2, settings_.restore_after_limit);
    shed_[*rung] = true;
    changed_ = now;
    return Decision{.rung = *rung, .shed = true};
  }

  const bool calm = calm_since_ && now - *calm_since_ >= restore_after_;
  if (!calm || (changed_ && now - *changed_ < restore_after_)) return std::nullopt;
  const auto rung = best_return(load);
  if (!rung) return std::nullopt;
  shed_[*rung] = false;
  restored_ = changed_ = now;
  return Decision{.rung = *rung, .shed = false};
}

std::optional<std::size_t> LoadShedding::cheapest_loss(const Load& load) const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < shed_.size(); ++i) {
    if (!shed_[i] && (!found || value(i, load) < value(*found, load))) found = i;
  }
  return found;
}

std::optional<std::size_t> LoadShedding::best_return(const Load& load) const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < shed_.size(); ++i) {
    if (!shed_[i] || !fits(i, load)) continue;
    // With nothing encoded each would be a lifeline: the smallest is.
    const auto better = [&](std::size_t other) {
      const double one = value(i, load), two = value(other, load);
      return one > two || (one == two && bitrates_[i] < bitrates_[other]);
    };
    if (!found || better(*found)) found = i;
  }
  return found;
}

double LoadShedding::value(std::size_t rung, const Load& load) const {
  std::uint32_t lower = 0;
  for (std::size_t i = 0; i < shed_.size(); ++i) {
    if (i != rung && !shed_[i] && bitrates_[i] < bitrates_[rung]) lower = std::max(lower, bitrates_[i]);
  }
  if (lower == 0) return std::numeric_limits<double>::infinity();
  const double step = std::log2(static_cast<double>(bitrates_[rung]) / lower);
  return step / std::max(load.costs[rung], 1e-6);
}

bool LoadShedding::fits(std::size_t rung, const Load& load) const {
  double cost = load.base_cost + load.costs[rung];
  for (std::size_t i = 0; i < shed_.size(); ++i) {
    if (!shed_[i]) cost += load.costs[i];
  }
  return cost * std::max(load.slowdown, 1.0) <= settings_.headroom;
}

}  // namespace levee::transcode
