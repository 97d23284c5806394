#include "surge/audience.hpp"

#include <algorithm>
#include <utility>

namespace levee::surge {
namespace {

/// Viewers who arrive, or lose their connections, in one turn. What those who watch have sent, and when they
/// ask, comes between: else a crowd that takes all of the generator would make the server look late to them.
constexpr int kAtOnce = 64;

}  // namespace

/// Takes one viewer away and back, by turns.
class Audience::Flapper final : public WheelTimer {
 public:
  Flapper(Network& network, Viewer& viewer, TimePoint until, Duration up, Duration down)
      : network_{network}, viewer_{viewer}, until_{until}, up_{up}, down_{down} {}

  void fire(TimePoint due, TimePoint now) override {
    if (due >= until_ && watching_) return;  // it stays
    watching_ = !watching_;
    if (watching_) {
      viewer_.arrive(due);
    } else {
      viewer_.leave(now);
      ++viewer_.recorder().stats().left;
    }
    network_.wheel().schedule(*this, due + (watching_ ? up_ : down_));
  }

 private:
  Network& network_;
  Viewer& viewer_;
  TimePoint until_;
  Duration up_;
  Duration down_;
  bool watching_ = true;
};

/// Breaks the connections of all who have arrived.
class Audience::Dropper final : public WheelTimer {
 public:
  Dropper(Audience& audience, Duration spread)
      : audience_{audience}, spread_{spread}, count_{audience.arrived_} {}

  void fire(TimePoint, TimePoint now) override {
    for (int i = 0; i < kAtOnce && next_ < count_; ++i, ++next_)
      audience_.viewers_[next_]->drop_connections(now, now + wait_of(next_));
    if (next_ < count_) audience_.network_.wheel().schedule(*this, now + Duration{1});  // the next turn
  }

 private:
  /// A step that shares no factor with most sizes: neighbours in the order of arrival come back far apart.
  Duration wait_of(std::size_t viewer) const {
    const auto place = static_cast<double>(viewer * 7919 % count_) / static_cast<double>(count_);
    return Duration{static_cast<Duration::rep>(static_cast<double>(spread_.count()) * place)};
  }

  Audience& audience_;
  Duration spread_;
  std::size_t count_;
  std::size_t next_ = 0;
};

Audience::Audience(Network& network, PlayerContext& context, Recorder& recorder)
    : network_{network}, context_{context}, recorder_{recorder} {}

Audience::~Audience() = default;

void Audience::plan(const std::vector<Target>& targets, TimePoint begin, std::vector<Duration> plan) {
  plan_ = std::move(plan);
  begin_ = begin;
  viewers_.reserve(plan_.size());
  for (std::size_t i = 0; i < plan_.size(); ++i)
    viewers_.push_back(std::make_unique<Viewer>(network_, context_, recorder_, targets[i % targets.size()]));
  if (!plan_.empty()) network_.wheel().schedule(*this, begin_ + plan_.front());
}

void Audience::set_link(const LinkModel& link) {
  for (auto& viewer : viewers_) viewer->set_link(link, Clock::now());
}

void Audience::fire(TimePoint, TimePoint now) {
  for (int i = 0; i < kAtOnce && arrived_ < viewers_.size(); ++i) {
    if (begin_ + plan_[arrived_] > now) break;
    ++recorder_.stats().planned;
    viewers_[arrived_]->arrive(begin_ + plan_[arrived_]);
    ++arrived_;
  }
  if (arrived_ == viewers_.size()) return;
  const auto next_turn = now + Duration{1};  // that of the wheel which comes after now
  network_.wheel().schedule(*this, std::max(begin_ + plan_[arrived_], next_turn));
}

Audience::Count Audience::look(TimePoint now, bool with_latency) {
  Count count;
  for (std::size_t i = 0; i < arrived_; ++i) {
    switch (viewers_[i]->player().look(now, with_latency)) {
      case Player::Standing::playing:
        ++count.playing;
        break;
      case Player::Standing::stalled:
        ++count.stalled;
        break;
      case Player::Standing::waiting:
        ++count.waiting;
        break;
      case Player::Standing::away:
        break;
    }
  }
  recorder_.standing(count.playing, count.stalled, count.waiting, now);
  recorder_.take_bytes(now);
  return count;
}

void Audience::enter(std::optional<Phase> phase, TimePoint now) {
  const auto count = look(now, false);
  const bool begins = phase == Phase::surge && recorder_.phase() != Phase::surge;
  for (auto& viewer : viewers_) viewer->player().phase_ends(now);
  recorder_.enter(phase);
  if (!begins) return;
  recorder_.stats().expected += arrived_;
  recorder_.stats().steady += count.playing;
}

void Audience::leave(TimePoint now) {
  cancel();
  flappers_.clear();
  dropper_.reset();
  for (std::size_t i = 0; i < arrived_; ++i) {
    ++recorder_.stats().left;
    viewers_[i]->leave(now);
  }
}

void Audience::drop_connections(TimePoint now, Duration spread) {
  dropper_ = std::make_unique<Dropper>(*this, spread);
  dropper_->fire(now, now);
}

void Audience::flap(TimePoint from, TimePoint until, Duration up, Duration down) {
  for (std::size_t i = 0; i < viewers_.size(); ++i) {
    flappers_.push_back(std::make_unique<Flapper>(network_, *viewers_[i], until, up, down));
    const auto shift =
        (up + down) * static_cast<Duration::rep>(i) / static_cast<Duration::rep>(viewers_.size());
    network_.wheel().schedule(*flappers_.back(), from + shift);
  }
}

}  // namespace levee::surge
