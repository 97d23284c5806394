#include "levee/app/stream_status.hpp"

#include <utility>

#include "levee/base/unix_time.hpp"

namespace levee::app {

void StreamStatus::updated(std::shared_ptr<const stream::StreamView> view, std::string_view changed) {
  const std::string name = view->name;
  const auto state = view->state;
  next_.updated(std::move(view), changed);
  {
    const std::lock_guard lock{mutex_};
    const auto [place, fresh] = states_.try_emplace(name, state);
    if (!fresh && place->second == state) return;
    place->second = state;
  }
  say(name, state, unix_ms());
}

void StreamStatus::removed(const std::string& name) {
  next_.removed(name);
  {
    const std::lock_guard lock{mutex_};
    states_.erase(name);
  }
  const auto now_ms = unix_ms();
  bus_.set_count("count:" + name, 0, now_ms);
  bus_.set_value("status:" + name, {}, now_ms);  // a bus would keep it for ever
}

void StreamStatus::count(const std::vector<delivery::ViewerCount>& counts, std::int64_t now_ms) {
  for (const auto& [name, viewers] : counts) bus_.set_count("count:" + name, viewers, now_ms);
  std::map<std::string, stream::StreamState> again;
  {
    const std::lock_guard lock{mutex_};
    if (++counted_ % kRepeat == 0) again = states_;
  }
  for (const auto& [name, state] : again) say(name, state, now_ms);
}

void StreamStatus::say(const std::string& name, stream::StreamState state, std::int64_t now_ms) {
  bus_.set_value("status:" + name, R"({"state":")" + std::string{to_string(state)} + R"("})", now_ms);
}

}  // namespace levee::app
