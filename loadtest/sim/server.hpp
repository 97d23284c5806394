#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace levee::sim {

/// Something that the server is to deliver: one part to many, or one newcomer's beginning.
struct Delivery {
  double ready = 0;            ///< when it could begin
  double count = 1;            ///< viewers that get it
  double each = 0;             ///< seconds of the server for one of them
  double bytes = 0;            ///< to one of them
  double incumbents = 0;       ///< share of `count`
  std::int64_t joining = -1;   ///< the newcomer whose beginning it is; -1: a part for all
  std::vector<double> tenths;  ///< when each tenth of the viewers had it, filled in while it is served
  double done = 0;
};

/// A newcomer's question at the door.
struct Question {
  double asked = 0;
  std::uint32_t viewer = 0;
  bool connects = false;  ///< on a new connection
};

/// What a server that has nothing to do takes for things; seconds.
struct Costs {
  double door_share = 0.2;  ///< of the time, at least, for who stands at the door while media waits too
  double question = 0;
  double connection = 0;
  double rise = 0;  ///< by so much more everything takes when the server is full, in proportion below
};

/// One server: two queues, of what is to be delivered and of who stands at the door, and the time that
/// serving takes. While both wait the door gets its share, as a server does that accepts in small batches
/// between writes. The more there is to do, the longer each thing takes: caches and sockets' buffers are
/// everybody's.
class Server {
 public:
  explicit Server(Costs costs) : costs_{costs} {}

  void deliver(Delivery delivery) { deliveries_.push_back(std::move(delivery)); }
  void ask(Question question) { questions_.push_back(question); }

  /// Serves from `from` to `to`. `answered` is told each question and when; `delivered` each delivery when it
  /// is done.
  void serve(double from, double to, const std::function<void(const Question&, double)>& answered,
             const std::function<void(Delivery&, double)>& delivered);

  double busy_seconds() const { return busy_; }
  /// Share of the time that was busy, over the last second or so.
  double used() const { return used_; }
  double bytes() const { return bytes_; }
  double oldest_question(double now) const { return questions_.empty() ? 0 : now - questions_.front().asked; }
  /// Gives up the parts at the head of the queue that were ready before `before`, and counts who does
  /// without.
  double give_up(double before);

 private:
  double serve_door(double from, double budget, const std::function<void(const Question&, double)>& answered);
  double serve_media(double from, double budget, const std::function<void(Delivery&, double)>& delivered);

  Costs costs_;
  std::deque<Delivery> deliveries_;
  std::deque<Question> questions_;
  double door_owed_ = 0;
  double busy_ = 0;
  double used_ = 0;
  double bytes_ = 0;
};

}  // namespace levee::sim
