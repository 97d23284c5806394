#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "levee/delivery/response.hpp"

namespace levee::delivery {

/// What may be kept, by whom and for how long, as Cache-Control has it.
std::string cache_for(std::uint32_t seconds);
inline constexpr std::string_view kNoStore = "no-store";
inline constexpr std::string_view kRevalidate = "no-cache";
inline constexpr std::string_view kForever = "public, max-age=31536000, immutable";

/// A head with what every response carries: who may read it from another origin, and how long it may be kept.
/// `fields` are further lines, each with its CRLF.
Head make_head(unsigned status, std::string_view content_type, std::string_view cache_control,
               std::string_view fields = {});

/// A response that says in plain text what was wrong and what was expected; never stored by a cache.
/// Lifetime: `text` is a literal.
Response plain(unsigned status, std::string_view text, RequestKind kind = RequestKind::other);

/// What OPTIONS is answered with.
const Head& options_head();

}  // namespace levee::delivery
