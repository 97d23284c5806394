#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

namespace levee::redis {

/// Keeps the commands of one slot in order when some of them have to be sent once more, perhaps to another
/// server: those that came later wait until all that are on their way are back, and go after them.
///
/// Does no I/O. Limits: kMaxWaiting commands wait.
template <class Command>
class Lane {
 public:
  static constexpr std::size_t kMaxWaiting = 10'000;

  /// Whether a new command may be sent at once; else `wait` with it.
  bool open() const { return back_.empty() && waiting_.empty(); }
  bool full() const { return waiting_.size() >= kMaxWaiting; }
  void wait(Command command) { waiting_.push_back(std::move(command)); }

  void sent() { ++flying_; }
  /// A command that was sent is done with.
  void done() { --flying_; }
  /// A command that was sent has to be sent once more.
  void turned_back(Command command) {
    --flying_;
    back_.push_back(std::move(command));
  }

  /// Whether those that wait may go: none is on its way.
  bool ready() const { return flying_ == 0 && !open(); }
  /// Those that wait, in order. They are counted as sent only when `sent` says so.
  std::vector<Command> take() {
    std::vector<Command> all;
    for (auto* some : {&back_, &waiting_}) {
      for (auto& command : *some) all.push_back(std::move(command));
      some->clear();
    }
    return all;
  }

  /// Nothing is on its way, nothing waits.
  bool idle() const { return flying_ == 0 && open(); }

 private:
  std::size_t flying_ = 0;
  std::deque<Command> back_;
  std::deque<Command> waiting_;
};

}  // namespace levee::redis
