#include "delivery/door.hpp"

#include <algorithm>

namespace levee::delivery {
namespace {

/// Nobody waits for longer and still shows a ticket.
constexpr Duration kTicketLife = std::chrono::minutes{30};
/// Page and player of those let in, and some who only come back to the chat.
constexpr double kUpgradesPerNewcomer = 2;
constexpr double kFewestUpgrades = 20;  ///< a second
constexpr int kUpgradeBurst = 20;

}  // namespace

std::optional<admission::Ticket> shown_ticket(const ViewerTokens& tokens, std::string_view text,
                                              const Moment& moment) {
  if (text.empty()) return std::nullopt;
  const auto since = tokens.read_ticket(text);
  if (!since) return std::nullopt;
  const auto waited = std::chrono::duration_cast<Duration>(moment.wall - *since);
  if (waited < Duration::zero() || waited > kTicketLife) return std::nullopt;
  return admission::Ticket{moment.now - waited};
}

ComeBack come_back(const admission::Wait& wait, const ViewerTokens& tokens, const Moment& moment) {
  ComeBack out;
  out.after = wait.retry_after;
  out.estimate = wait.estimate;
  const auto waited = std::chrono::duration_cast<WallTime::duration>(moment.now - wait.ticket.since);
  const auto text = tokens.ticket(moment.wall - waited);
  std::copy_n(text.begin(), std::min(text.size(), out.ticket.size()), out.ticket.begin());
  return out;
}

realtime::Rate upgrade_rate(const admission::Grant& grant) {
  const double rate = std::max(kFewestUpgrades, kUpgradesPerNewcomer * grant.rate);
  const std::chrono::duration<double> interval{1 / rate};
  return {std::chrono::duration_cast<Duration>(interval), kUpgradeBurst};
}

}  // namespace levee::delivery
