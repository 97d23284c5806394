#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "levee/realtime/error.hpp"

namespace levee::realtime {

/// Longest nickname and chat message, in code points.
inline constexpr std::size_t kMaxNickname = 24;
inline constexpr std::size_t kMaxText = 500;
/// Longest id that a client gives a publication, in bytes.
inline constexpr std::size_t kMaxPublicationId = 64;

/// How many code points `text` has; nothing when it is not UTF-8 (overlong forms and surrogates are not).
std::optional<std::size_t> count_code_points(std::string_view text);

/// Whether `text` is 1 to `max_bytes` of `A-Z a-z 0-9 _ - .`
bool is_identifier(std::string_view text, std::size_t max_bytes);

/// Whether a nickname may be shown to others: 1 to 24 code points, no control, line or direction-override
/// character, not only white space. Errors: Errc::bad_nickname.
ErrorCode check_nickname(std::string_view nickname);

/// Whether a chat message may be sent: 1 to 500 code points, no control character but line feed, not only
/// white space. Errors: Errc::bad_text.
ErrorCode check_chat_text(std::string_view text);

/// Errors: Errc::bad_id.
ErrorCode check_publication_id(std::string_view id);

}  // namespace levee::realtime
