#include "transcode/rung_plan.hpp"

#include <algorithm>
#include <cmath>

#include "transcode/rendition.hpp"

namespace levee::transcode {

namespace {

/// `side` scaled like the short side, to the nearest even number.
std::uint32_t scaled(std::uint32_t side, std::uint32_t short_side, std::uint32_t target) {
  const auto exact = static_cast<double>(side) * target / short_side;
  return std::max<std::uint32_t>(2, static_cast<std::uint32_t>(std::lround(exact / 2)) * 2);
}

std::uint32_t step_to(double frame_rate, std::uint32_t max_frame_rate) {
  // 30.3 frames a second count as 30: rates measured from timestamps are never exact.
  constexpr double kTolerance = 0.05;
  if (max_frame_rate == 0 || frame_rate <= 0) return 1;
  return std::max<std::uint32_t>(
      1, static_cast<std::uint32_t>(std::ceil(frame_rate / max_frame_rate - kTolerance)));
}

}  // namespace

std::vector<RungPlan> plan_ladder(const media::Ladder& ladder, std::uint32_t width, std::uint32_t height,
                                  media::FrameRate frame_rate) {
  std::vector<RungPlan> plans;
  const auto short_side = std::min(width, height);
  const auto rate = frames_a_second(frame_rate);
  for (const auto& rung : ladder.rungs) {
    if (rung.height == 0 || rung.height >= short_side) continue;
    const auto step = step_to(rate, rung.max_frame_rate);
    plans.push_back({.name = rung.name,
                     .width = scaled(width, short_side, rung.height),
                     .height = scaled(height, short_side, rung.height),
                     .bitrate = rung.bitrate,
                     .preset = rung.preset,
                     .frame_step = step,
                     .frame_rate = rate / step});
  }
  std::ranges::stable_sort(plans, std::ranges::greater{}, &RungPlan::height);
  return plans;
}

}  // namespace levee::transcode
