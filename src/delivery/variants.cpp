#include "delivery/variants.hpp"

#include <algorithm>
#include <iterator>

namespace levee::delivery {

Renditions newcomers_variants(const Renditions& renditions, const admission::Grant& grant) {
  Renditions out;
  std::copy_if(renditions.begin(), renditions.end(), std::back_inserter(out),
               [](const auto& each) { return each->offered(); });
  const auto pictures =
      std::count_if(out.begin(), out.end(), [](const auto& each) { return each->info().height > 0; });
  if (pictures == 0) return out;
  const auto lowest = pictures - 1;
  const auto hidden = std::min<std::ptrdiff_t>(grant.hidden_rungs, lowest);
  const auto start = std::clamp<std::ptrdiff_t>(grant.start_lower, hidden, lowest);
  out.erase(out.begin(), out.begin() + hidden);
  std::rotate(out.begin(), out.begin() + (start - hidden), out.begin() + (start - hidden) + 1);
  return out;
}

}  // namespace levee::delivery
