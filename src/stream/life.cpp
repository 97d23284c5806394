#include "stream/life.hpp"

namespace levee::stream {

Life::Claim Life::claim(TimePoint now, const Holder& holder) const {
  if (over() || holder.finished) return Claim::replace;
  if (!holder.present) return state_ == StreamState::starting ? Claim::replace : Claim::go_on;
  return now - holder.last_packet >= settings_.takeover_after ? Claim::take_over : Claim::refuse;
}

void Life::held() {
  if (!over()) deadline_.reset();
}

void Life::playing() {
  if (over()) return;
  state_ = StreamState::live;
  deadline_.reset();
}

void Life::lost(TimePoint now) {
  if (over()) return;
  if (state_ == StreamState::starting) {
    deadline_ = now;
    return;
  }
  state_ = StreamState::interrupted;
  deadline_ = now + settings_.grace;
}

void Life::ending() {
  ending_ = true;
  deadline_.reset();
}

void Life::ended(TimePoint now, bool playable) {
  ending_ = false;
  state_ = StreamState::ended;
  deadline_ = playable ? now + settings_.keep : now;
}

Life::Due Life::due(TimePoint now) const {
  if (!deadline_ || now < *deadline_) return Due::nothing;
  return state_ == StreamState::ended ? Due::remove : Due::end;
}

}  // namespace levee::stream
