#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace levee::surge {

/// A window in ms from which a client draws how long to wait.
struct WaitWindow {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};

/// Enough of JSON for the few fields that a load generator looks for where levee writes them, in tens of
/// nanoseconds. `name` is all that stands before the value: "\"o\":".
std::optional<std::int64_t> number_after(std::string_view text, std::string_view name);
/// The text up to the next quotation mark; empty when `name` is not there. Lifetime: that of `text`.
std::string_view text_after(std::string_view text, std::string_view name);
/// `[800,3000]`, or `800-3000` as a close frame's reason has it.
std::optional<WaitWindow> window_after(std::string_view text, std::string_view name);

}  // namespace levee::surge
