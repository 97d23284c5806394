#include "hls/window_view.hpp"

#include <algorithm>

namespace levee::hls {

std::uint32_t WindowView::previous_part_count() const {
  const auto* segment = state_.msn == 0 ? nullptr : history_->find(state_.msn - 1);
  return segment ? static_cast<std::uint32_t>(segment->parts.size()) : 0;
}

SharedBytes WindowView::init(std::uint64_t generation) const {
  const auto is_it = [&](const InitSegment& init) { return init.data && init.generation == generation; };
  if (is_it(state_.init)) return state_.init.data;
  if (is_it(state_.open_init)) return state_.open_init.data;
  for (const auto& segment : history_->segments) {
    if (is_it(segment->init)) return segment->init.data;
  }
  return nullptr;
}

SharedBytes WindowView::part(std::uint64_t number) const {
  if (number >= state_.next_part) return nullptr;
  const auto first_open = state_.next_part - state_.open_parts.size();
  if (number >= first_open) return state_.open_parts[number - first_open];
  const auto* segment = history_->find_part(number);
  return segment ? segment->parts[number - segment->first_part] : nullptr;
}

std::vector<SharedBytes> WindowView::segment(std::uint64_t msn) const {
  std::vector<SharedBytes> parts;
  if (const auto* segment = history_->find(msn)) {
    parts = segment->parts;
    std::erase(parts, nullptr);
  }
  return parts;
}

}  // namespace levee::hls
