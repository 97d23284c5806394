#include "levee/delivery/viewer_sessions.hpp"

#include <unordered_set>

namespace levee::delivery {

ViewerSessions::ViewerSessions(const ViewerTokens& tokens, Duration timeout, std::size_t max_sessions)
    : tokens_{tokens}, timeout_{timeout}, max_sessions_{max_sessions} {}

bool ViewerSessions::seen(std::string_view stream, std::string_view text, TimePoint now) {
  const auto token = ViewerTokens::decode(text);
  if (!token) return false;
  auto sessions = streams_.find(stream);
  if (sessions != streams_.end()) {
    const auto known = sessions->second.find(token->id);
    if (known != sessions->second.end() && known->second.token == *token) {
      known->second.last_seen = now;
      return true;
    }
  }
  if (!tokens_.verify(stream, *token)) return false;
  if (size_ >= max_sessions_) return true;
  if (sessions == streams_.end()) sessions = streams_.emplace(std::string{stream}, Sessions{}).first;
  const auto [place, added] = sessions->second.insert_or_assign(token->id, Session{*token, now});
  if (added) ++size_;
  return true;
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
