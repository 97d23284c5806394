#include "levee/delivery/viewer_sessions.hpp"

#include <unordered_set>
#include <utility>

#include "levee/admission/signals.hpp"

namespace levee::delivery {
namespace {

/// From then on a viewer has its buffer, and how late its media comes tells of the server and not of its
/// start.
constexpr Duration kSettled = admission::kBeginning;
/// A whole day: a viewer who is away for so long may as well ask anew.
constexpr Duration kTokenLife = std::chrono::hours{24};
/// Between the clocks of nodes.
constexpr Duration kClockSkew = std::chrono::minutes{5};
/// A second; a player that fills its buffer with parts at once, on every rung, stays below.
constexpr unsigned kMostRequests = 200;

WallTime issued(const ViewerToken& token) { return WallTime{std::chrono::seconds{token.issued}}; }

}  // namespace

ViewerSessions::ViewerSessions(const ViewerTokens& tokens, Duration timeout, std::size_t max_sessions)
    : tokens_{tokens}, timeout_{timeout}, max_sessions_{max_sessions} {}

Visit ViewerSessions::visit(Session& session, bool kept, TimePoint now, WallTime wall) {
  session.last_seen = now;
  if (now - session.second >= std::chrono::seconds{1}) {
    session.second = now;
    session.requests = 0;
  }
  Visit out;
  out.good = ++session.requests <= kMostRequests;
  out.id = session.token.id;
  out.returning = wall - issued(session.token) >= kSettled;
  out.settled = out.returning && now - session.first_seen >= kSettled;
  out.let_in = session.let_in;
  if (!kept) return out;
  out.play_out = &session.play_out;
  out.reloads = &session.reloads;
  if (!out.settled) {
    out.begin_bytes = &session.begin_bytes;
  } else if (std::exchange(session.begins, false)) {
    ++beginnings_.count;
    beginnings_.bytes += session.begin_bytes;
  }
  return out;
}

Visit ViewerSessions::seen(std::string_view stream, std::string_view text, TimePoint now, WallTime wall) {
  const auto token = ViewerTokens::decode(text);
  if (!token) return {};
  auto sessions = streams_.find(stream);
  if (sessions != streams_.end()) {
    const auto known = sessions->second.find(token->id);
    if (known != sessions->second.end() && known->second.token == *token)
      return visit(known->second, true, now, wall);
  }
  if (!tokens_.verify(stream, *token)) return {};
  const auto age = wall - issued(*token);
  if (age > kTokenLife || age < -kClockSkew) return {};
  Session session{*token, now, now, now, 0, token->issued};
  if (size_ >= max_sessions_) return visit(session, false, now, wall);
  if (sessions == streams_.end()) sessions = streams_.emplace(std::string{stream}, Sessions{}).first;
  const auto [place, added] = sessions->second.try_emplace(token->id, session);
  if (added) ++size_;
  place->second.token = *token;  // renewed: the same playback
  return visit(place->second, true, now, wall);
}

std::vector<SessionIds> ViewerSessions::collect(TimePoint now) {
  std::vector<SessionIds> out;
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    auto& sessions = stream->second;
    size_ -=
        std::erase_if(sessions, [&](const auto& entry) { return now - entry.second.last_seen >= timeout_; });
    if (sessions.empty()) {
      stream = streams_.erase(stream);
      continue;
    }
    SessionIds ids{stream->first, {}};
    ids.ids.reserve(sessions.size());
    for (const auto& [id, session] : sessions) ids.ids.push_back(id);
    out.push_back(std::move(ids));
    ++stream;
  }
  return out;
}

void ViewerTally::report(std::size_t shard, std::vector<SessionIds> sessions) {
  latest_[shard] = std::move(sessions);
}

std::size_t ViewerTally::count(std::string_view stream) const {
  std::unordered_set<std::uint64_t> ids;
  for (const auto& shard : latest_) {
    for (const auto& sessions : shard) {
      if (sessions.stream == stream) ids.insert(sessions.ids.begin(), sessions.ids.end());
    }
  }
  return ids.size();
}

}  // namespace levee::delivery
