#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "levee/delivery/json_web_token.hpp"
#include "levee/realtime/identity.hpp"

namespace levee::delivery {

/// Sessions with random names, and resume tokens signed with HMAC-SHA256: nothing has to be kept, and every
/// node with the same secret knows them. Identities come as JSON Web Tokens of the operator's site.
///
/// Thread: any.
class RealtimeIdentities final : public realtime::Identities {
 public:
  /// `secret` is the node's secret; the same on all nodes, and over restarts, for sessions to outlive these.
  /// Errors: throws when a key of `keys` is not understood.
  explicit RealtimeIdentities(std::string secret, const TokenKeys& keys = {})
      : secret_{std::move(secret)}, tokens_{keys} {}

  std::string new_session() override;
  std::string resume_token(const realtime::Resumption& session, std::int64_t expires_ms) override;
  std::optional<realtime::Resumption> verify(std::string_view token, std::int64_t now_ms) override;
  Result<realtime::Identity> identify(std::string_view token, std::int64_t now_ms) override;

 private:
  std::string signature(std::string_view text) const;

  std::string secret_;
  JsonWebTokens tokens_;
};

}  // namespace levee::delivery
