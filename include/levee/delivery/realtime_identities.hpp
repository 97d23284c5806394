#pragma once

#include <string>

#include "levee/realtime/connection.hpp"

namespace levee::delivery {

/// Sessions with random names, and resume tokens signed with HMAC-SHA256: nothing has to be kept, and every
/// node with the same secret knows them.
///
/// Thread: any.
class RealtimeIdentities final : public realtime::Identities {
 public:
  /// `secret` is the node's secret; the same on all nodes, and over restarts, for sessions to outlive these.
  explicit RealtimeIdentities(std::string secret) : secret_{std::move(secret)} {}

  std::string new_session() override;
  std::string resume_token(std::string_view session, std::int64_t expires_ms) override;
  std::optional<std::string> verify(std::string_view token, std::int64_t now_ms) override;

 private:
  std::string signature(std::string_view text) const;

  std::string secret_;
};

}  // namespace levee::delivery
