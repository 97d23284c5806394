#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "levee/base/result.hpp"

struct evp_pkey_st;

namespace levee::delivery {

/// What the tokens of an operator's site are signed with. Without both, no token is good.
struct TokenKeys {
  std::string hs256_secret;        ///< shared with the site; empty: no HS256
  std::string ed25519_public_key;  ///< PEM, or its 32 bytes in base64 or base64url; empty: no EdDSA
};

/// Checks the signatures of JSON Web Tokens in their compact form. What the claims say is for others to
/// judge.
///
/// A key is used with its own algorithm alone, whatever a token's head says; `none` and the rest are refused.
/// Limits: kMaxToken bytes. Thread: any. Source: RFC 7515, RFC 7518 section 3.2 (HS256), RFC 8037 (EdDSA).
class JsonWebTokens {
 public:
  static constexpr std::size_t kMaxToken = 4096;

  /// Errors: throws std::invalid_argument when the public key is not understood.
  explicit JsonWebTokens(const TokenKeys& keys);

  /// The claims, as JSON. Errors: realtime::Errc::bad_token.
  Result<std::string> claims(std::string_view token) const;

 private:
  bool signed_with_secret(std::string_view text, std::string_view signature) const;
  bool signed_with_key(std::string_view text, std::string_view signature) const;

  std::string secret_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// Base64url without padding (RFC 4648 section 5).
std::string to_base64url(std::string_view bytes);
/// Nothing when it is not that.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace levee::delivery
