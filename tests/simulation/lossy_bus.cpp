#include "lossy_bus.hpp"

#include <algorithm>
#include <utility>

#include "levee/realtime/error.hpp"

namespace levee::simulation {

using realtime::MessagePtr;
using realtime::Published;

LogServer::Log& LogServer::open(const std::string& channel) const {
  auto& log = logs_[channel];
  if (log.top.epoch.empty()) log.top.epoch = channel + "/" + std::to_string(epochs_);
  return log;
}

Published LogServer::publish(const std::string& channel, const realtime::Publication& publication) {
  auto& log = open(channel);
  const bool named = !publication.id.empty() && mutant_ != Mutant::no_publication_ids;
  if (const auto known = log.ids.find(publication.id); named && known != log.ids.end())
    return {{log.top.epoch, known->second}, true, {}};
  auto message = std::make_shared<realtime::Message>();
  message->offset = ++log.top.offset;
  message->time_ms = events_.wall_ms();
  message->body = publication.body;
  log.ids[publication.id] = message->offset;
  ++times_[publication.id][log.top.epoch];
  truth_[{log.top.epoch, message->offset}] = message->body;
  log.kept.push_back(message);
  if (log.kept.size() > realtime::kLogMessages) log.kept.pop_front();
  for (auto* node : nodes) node->carry(channel, log.top.epoch, message);
  return {log.top, false, {}};
}

realtime::SnapshotPtr LogServer::read(const std::string& channel) const {
  const auto& log = open(channel);
  auto snapshot = std::make_shared<realtime::Snapshot>();
  snapshot->top = log.top;
  snapshot->log = {log.kept.begin(), log.kept.end()};
  return snapshot;
}

void LogServer::lose_everything() {
  if (mutant_ != Mutant::same_epoch_after_loss) ++epochs_;
  logs_.clear();
}

realtime::Position LogServer::top(const std::string& channel) const { return open(channel).top; }

std::string LogServer::truth(const realtime::Position& position) const {
  const auto found = truth_.find({position.epoch, position.offset});
  return found == truth_.end() ? "" : found->second;
}

std::size_t LogServer::times(const std::string& id) const {
  std::size_t most = 0;
  const auto found = times_.find(id);
  if (found == times_.end()) return most;
  for (const auto& [epoch, times] : found->second) most = std::max(most, times);
  return most;
}

class LossyBus::Client final : public realtime::BusClient {
 public:
  explicit Client(LossyBus& bus) : bus_{bus} {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() override {
    bus_.listener_ = nullptr;
    ++bus_.client_;
    bus_.channels_.clear();
  }

  void subscribe(const std::string& channel) override {
    bus_.channels_.try_emplace(channel, realtime::Kind::log);
    bus_.read(channel);
  }
  void unsubscribe(const std::string& channel) override { bus_.channels_.erase(channel); }
  void publish(const std::string& channel, realtime::Publication publication,
               std::function<void(Result<Published>)> done) override {
    bus_.publish(channel, publication, std::move(done));
  }
  void put(const std::string&, std::vector<realtime::Record>,
           std::function<void(Result<realtime::Put>)>) override {}
  void extend_trail(const std::string&, const std::string&, std::vector<realtime::TrackPoint>,
                    std::function<void(ErrorCode)>) override {}
  void change_members(const std::string&, realtime::MemberChanges) override {}

 private:
  LossyBus& bus_;
};

std::unique_ptr<realtime::BusClient> LossyBus::attach(boost::asio::io_context&,
                                                      realtime::BusListener& listener) {
  listener_ = &listener;
  return std::make_unique<Client>(*this);
}

void LossyBus::set_up(bool up) {
  if (up == up_) return;
  up_ = up;
  ++connection_;
  for (auto& [channel, state] : channels_) {
    state.read_failed();
    if (up) read(channel);
  }
}

void LossyBus::carry(const std::string& channel, const std::string& epoch, const MessagePtr& message) {
  if (!up_ || (faults_ && chance_.one_in(10))) return;
  const int copies = faults_ && chance_.one_in(10) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    events_.after(chance_.ms(1, faults_ ? 60 : 5),
                  [this, connection = connection_, client = client_, channel, epoch, message] {
                    if (connection == connection_ && client == client_) arrive(channel, epoch, message);
                  });
  }
}

void LossyBus::arrive(const std::string& channel, const std::string& epoch, const MessagePtr& message) {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  std::vector<MessagePtr> out;
  const bool lost = found->second.take({epoch, message}, out);
  for (const auto& next : out) listener_->message(channel, next);
  if (lost) read(channel);
}

void LossyBus::read(const std::string& channel) {
  const auto found = channels_.find(channel);
  if (!up_ || found == channels_.end() || !found->second.want_read()) return;
  events_.after(chance_.ms(1, 30), [this, connection = connection_, client = client_, channel] {
    // The server reads now, and the answer takes its time.
    events_.after(chance_.ms(1, 30), [this, connection, client, channel, snapshot = server_.read(channel)] {
      if (connection == connection_ && client == client_) take_read(channel, snapshot);
    });
  });
}

void LossyBus::take_read(const std::string& channel, const realtime::SnapshotPtr& snapshot) {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  std::vector<MessagePtr> out;
  const bool again = found->second.take_snapshot(*snapshot, out);
  listener_->reset(channel, snapshot);
  for (const auto& next : out) listener_->message(channel, next);
  if (again) read(channel);
}

void LossyBus::look_at_the_top() {
  if (mutant_ == Mutant::no_look_at_the_top) return;
  for (auto& [channel, state] : channels_) {
    if (!state.reading()) read(channel);
  }
}

void LossyBus::publish(const std::string& channel, const realtime::Publication& publication,
                       std::function<void(Result<Published>)> done) {
  const auto answer = [this, client = client_, done = std::move(done)](Result<Published> result) {
    events_.after(chance_.ms(1, 30), [this, client, done, result] {
      if (client == client_) done(result);
    });
  };
  if (!up_) return answer(realtime::Errc::bus_down);
  events_.after(chance_.ms(1, 30), [this, connection = connection_, channel, publication, answer] {
    const auto published = server_.publish(channel, publication);
    // It was made; whether the node hears of it is another question.
    const bool heard = connection == connection_ && !(faults_ && chance_.one_in(20));
    if (heard) return answer(published);
    answer(realtime::Errc::bus_timeout);
  });
}

}  // namespace levee::simulation
