#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/result.hpp"
#include "levee/rtmp/amf0.hpp"
#include "levee/rtmp/message.hpp"

namespace levee::rtmp {

/// A command message taken apart. Source: RTMP 1.0 section 7.2.
struct Command {
  std::string name;
  double transaction = 0;  ///< 0: no answer is wanted
  amf0::Value object;
  std::vector<amf0::Value> arguments;
  std::uint32_t stream = 0;

  /// The argument if it is a text, else "". Lifetime: that of the command.
  std::string_view text_argument(std::size_t index) const;
};

/// Reads an AMF0 command; also one in an AMF3 message, whose first byte then is 0.
/// Errors: Errc::bad_command and those of AMF0.
Result<Command> read_command(const Message& message);

/// The body of a command or data message as AMF0 values.
Result<std::vector<amf0::Value>> read_values(const Message& message);

/// `text` in quotes for a log or an error, cut and made printable whatever the peer put in it.
std::string quoted(std::string_view text);

}  // namespace levee::rtmp
