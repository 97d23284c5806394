#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "levee/base/clock.hpp"

namespace levee::delivery {

/// Who a viewer token says it is.
struct ViewerToken {
  static constexpr std::size_t kTagSize = 12;

  std::uint64_t id = 0;                   ///< random; one playback
  std::uint32_t issued = 0;               ///< seconds since 1970
  std::array<std::byte, kTagSize> tag{};  ///< HMAC-SHA256 of the above and the stream's name, truncated

  /// Takes the same time wherever tags differ.
  bool operator==(const ViewerToken& other) const;
};

/// Makes and checks viewer tokens. They are stateless: good on every node that has the key, and over a
/// restart.
///
/// A token is 32 characters of base64url: 8 bytes id, 4 bytes time of issue, 12 bytes tag (96 bits, of 128
/// that RFC 2104 allows to be cut to 80). It holds for one stream, since the tag covers the stream's name.
/// Thread: any; it never changes.
class ViewerTokens {
 public:
  static constexpr std::size_t kLength = 32;

  /// An empty `key` stands for 32 random bytes: tokens then end with the process.
  explicit ViewerTokens(std::string key);

  /// A new token for a playback of `stream`. Errors: throws when the system has no randomness.
  std::string issue(std::string_view stream, WallTime now) const;
  /// The same for a playback that has an id: renews its token.
  std::string issue(std::string_view stream, WallTime now, std::uint64_t id) const;

  /// Takes a token's text apart; nothing if it is none. Says nothing of its truth.
  static std::optional<ViewerToken> decode(std::string_view text);

  /// Whether this server or one with the same key made it for `stream`. Takes the same time for every tag.
  bool verify(std::string_view stream, const ViewerToken& token) const;

  /// A signed note of the time since which a newcomer has been waiting, to be shown when it asks again: as
  /// long as a token, and none.
  std::string ticket(WallTime since) const;
  /// What a ticket says; nothing when it is forged.
  std::optional<WallTime> read_ticket(std::string_view text) const;

 private:
  std::array<std::byte, ViewerToken::kTagSize> tag(std::string_view stream, const ViewerToken& token) const;

  std::string key_;
};

}  // namespace levee::delivery
