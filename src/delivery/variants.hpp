#pragma once

#include <memory>
#include <vector>

#include "levee/admission/grant.hpp"
#include "levee/hls/rendition_view.hpp"

namespace levee::delivery {

using Renditions = std::vector<std::shared_ptr<const hls::RenditionView>>;

/// What a newcomer is offered of a stream's renditions under `grant`, and in which order: players begin with
/// the first one listed. `renditions` are the source first, then by falling height, audio last. At least one
/// with picture stays, where there is any. Source: RFC 8216bis section 6.2.4 (order of variant streams).
Renditions newcomers_variants(const Renditions& renditions, const admission::Grant& grant);

}  // namespace levee::delivery
