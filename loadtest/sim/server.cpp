#include "sim/server.hpp"

#include <algorithm>

namespace levee::sim {
namespace {

constexpr double kUsedSeconds = 1;  // over which it is averaged how much there is to do

}  // namespace

void Server::serve(double from, double to, const std::function<void(const Question&, double)>& answered,
                   const std::function<void(Delivery&, double)>& delivered) {
  const double all = to - from;
  const double door = serve_door(from, all * (deliveries_.empty() ? 1 : costs_.door_share), answered);
  const double media = serve_media(from + door, all - door, delivered);
  const double rest = serve_door(from + door + media, all - door - media, answered);
  const double more = serve_media(from + door + media + rest, all - door - media - rest, delivered);
  const double busy = door + media + rest + more;
  busy_ += busy;
  used_ += (busy / all - used_) * std::min(1.0, all / kUsedSeconds);
}

double Server::serve_door(double from, double budget,
                          const std::function<void(const Question&, double)>& answered) {
  budget -= door_owed_;  // of a question that was begun in the last step
  double used = 0;
  while (!questions_.empty() && used < budget) {
    const Question question = questions_.front();
    questions_.pop_front();
    used += (costs_.question + (question.connects ? costs_.connection : 0)) * (1 + costs_.rise * used_);
    answered(question, from + used);
  }
  door_owed_ = std::max(0.0, used - std::max(budget, 0.0));
  return std::clamp(used, 0.0, std::max(budget, 0.0));
}

double Server::serve_media(double from, double budget,
                           const std::function<void(Delivery&, double)>& delivered) {
  double used = 0;
  while (!deliveries_.empty() && used < budget) {
    Delivery& first = deliveries_.front();
    const double each = first.each * (1 + costs_.rise * used_);
    const double step = std::min((first.count - first.done) * each, budget - used);
    const double before = first.done;
    first.done = std::min(first.count, first.done + step / each);
    bytes_ += (first.done - before) * first.bytes;
    const double tenth = first.count / 10;
    for (auto next = static_cast<double>(first.tenths.size() + 1);
         first.tenths.size() < 10 && next * tenth <= first.done * (1 + 1e-9) + 1e-9; next += 1) {
      first.tenths.push_back(from + used + (next * tenth - before) * each);
    }
    used += step;
    if (first.done < first.count * (1 - 1e-9)) continue;
    first.tenths.resize(10, from + used);
    Delivery done = std::move(first);
    deliveries_.pop_front();
    delivered(done, from + used);
  }
  return used;
}

double Server::give_up(double before) {
  double given_up = 0;
  while (!deliveries_.empty() && deliveries_.front().joining < 0 && deliveries_.front().ready < before) {
    given_up += deliveries_.front().count - deliveries_.front().done;
    deliveries_.pop_front();
  }
  return given_up;
}

}  // namespace levee::sim
