#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "levee/base/bytes.hpp"
#include "levee/realtime/topic.hpp"

namespace levee::realtime {

/// A client's connection, as the hub sees it. A port, implemented by the transport. Thread: the hub's.
class Connection : public FrameSink {
 public:
  /// Whether everything pushed before was taken: only then is it given more than answers. When it becomes so
  /// again, the transport calls Session::writable.
  virtual bool ready() const = 0;
  /// Sends what was pushed.
  virtual void flush() = 0;
  /// Begins to close with a code of docs/protocol.md. The session goes on to exist until the transport ends
  /// it.
  virtual void close(int code) = 0;
};

/// Names sessions, and knows them again by a token. A port: the tokens are signed, which needs keys.
///
/// Thread: any.
class Identities {
 public:
  virtual ~Identities() = default;
  /// A new session's public name: 8 to 32 of `A-Z a-z 0-9`, not to be guessed.
  virtual std::string new_session() = 0;
  /// Secret; whoever shows it within the time given is this session.
  virtual std::string resume_token(std::string_view session, std::int64_t expires_ms) = 0;
  /// The session that the token was made for; nothing when it is forged or too old.
  virtual std::optional<std::string> verify(std::string_view token, std::int64_t now_ms) = 0;
};

}  // namespace levee::realtime
