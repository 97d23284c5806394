#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "levee/hls/rendition_view.hpp"

namespace levee::hls {

/// The multivariant playlist of what is offered, in the order given. A rendition's URI is
/// `prefix + name + "/index.m3u8"`; `prefix` is empty, or carries a viewer's token.
///
/// Bit rates are the measured ones where there are any and never below the nominal ones for the peak, so that
/// a player that has just come does not take a quiet first second for the stream's rate (M2, M6, M9).
std::string multivariant_playlist(std::span<const std::shared_ptr<const RenditionView>> renditions,
                                  std::string_view prefix);

}  // namespace levee::hls
