#pragma once

#include <optional>
#include <string_view>

#include "levee/admission/gate.hpp"
#include "levee/delivery/response.hpp"
#include "levee/delivery/viewer_token.hpp"
#include "levee/realtime/token_bucket.hpp"

namespace levee::delivery {

/// What stands in the body of a refusal, for people.
inline constexpr std::string_view kComeBackText =
    "this server lets newcomers in as fast as those who watch allow: come back when Retry-After says, best "
    "on this "
    "connection, and begin with /live/NAME/index.m3u8\n";

/// The ticket that a newcomer shows, which it was given on another connection or by another node; nothing
/// when it is none, from the future, or too old to be believed.
std::optional<admission::Ticket> shown_ticket(const ViewerTokens& tokens, std::string_view text,
                                              const Moment& moment);

/// What the gate says, as it is told over HTTP.
ComeBack come_back(const admission::Wait& wait, const ViewerTokens& tokens, const Moment& moment);

/// How many WebSockets may be opened while newcomers wait: chat comes behind video.
realtime::Rate upgrade_rate(const admission::Grant& grant);

}  // namespace levee::delivery
