#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "levee/base/result.hpp"

namespace levee::realtime {

/// How high someone stands in a chat; each may do what those before it may.
enum class Standing {
  guest,      ///< nobody has vouched for who this is
  viewer,     ///< has an identity
  follower,   ///< one that the streamer's site calls a follower
  moderator,  ///< may take messages back and keep people from writing
  streamer,
};

/// Who someone is, as a signed token says. An empty `user`: nobody has said.
struct Identity {
  std::string user;
  std::string nickname;  ///< may be empty
  Standing standing = Standing::guest;
  std::vector<std::pair<std::string, Standing>> standings;  ///< of single channels, over `standing`
  std::vector<std::string> publishes;                       ///< feeds and tracks; "feed:*" is all feeds
  std::int64_t expires_ms = 0;                              ///< Unix time

  bool known() const { return !user.empty(); }
  /// In one channel.
  Standing standing_in(std::string_view channel) const;
  /// Whether it may put records into this `state` or `track`.
  bool may_publish(std::string_view channel) const;

  bool operator==(const Identity&) const = default;
};

/// "guest", "viewer", "follower", "moderator", "streamer".
std::string_view to_string(Standing standing);

/// Reads the claims of a token (docs/protocol.md, Identities), whose signature was checked.
/// Errors: Errc::bad_token: no such claims, or not valid at `now_ms` (60 s of skew allowed).
Result<Identity> decode_claims(std::string_view json, std::int64_t now_ms);
/// The claims that read as `identity`.
std::string encode_claims(const Identity& identity);

/// A session that comes back.
struct Resumption {
  std::string session;
  Identity identity;
  bool operator==(const Resumption&) const = default;
};

/// Names sessions, knows them again by a token, and reads tokens that say who someone is. A port: the tokens
/// are signed, which needs keys.
///
/// Thread: any.
class Identities {
 public:
  virtual ~Identities() = default;
  /// A new session's public name: 8 to 32 of `A-Z a-z 0-9`, not to be guessed.
  virtual std::string new_session() = 0;
  /// Secret; whoever shows it within the time given is this session.
  virtual std::string resume_token(const Resumption& session, std::int64_t expires_ms) = 0;
  /// The session that the token was made for; nothing when it is forged or too old.
  virtual std::optional<Resumption> verify(std::string_view token, std::int64_t now_ms) = 0;
  /// Whom a signed token is about. Errors: Errc::bad_token.
  virtual Result<Identity> identify(std::string_view token, std::int64_t now_ms) = 0;
};

}  // namespace levee::realtime
