#pragma once

#include <string>
#include <string_view>

#include <spdlog/spdlog.h>

namespace levee::log {

/// How a line is written: for people, or one JSON object a line.
enum class Format { text, json };

/// The log section of the configuration.
struct Settings {
  std::string level = "info";  ///< trace, debug, info, warn, error or off
  Format format = Format::text;
};

/// Sets the process's log up: to standard error, written by a thread of its own so that no io thread waits
/// for a terminal or a disk; when that thread is 8192 lines behind, the oldest lines are dropped.
/// Call once, before the first line; lines before it go to standard error as spdlog's defaults have it.
void start(const Settings& settings);

/// Writes what is queued and stops the writer. Lines after it are lost.
void stop();

/// A value as it stands in a `key=value` line: in quotes, with control characters escaped, when it holds
/// anything but plain visible characters. For everything that came from a peer.
std::string value(std::string_view text);

}  // namespace levee::log
