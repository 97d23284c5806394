#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "surge/http_connection.hpp"
#include "surge/server_process.hpp"
#include "surge/target.hpp"
#include "surge/time_series.hpp"

namespace levee::surge {

/// Looks into the server while the run goes on: what its processes use, when it is on this host, and what its
/// Prometheus metrics say, when it has some. All of it lands on the run's own time axis.
///
/// Lifetime: what is given outlives it. Thread: the network's.
class ServerWatch final : public ExchangeOwner {
 public:
  /// `metrics_url`: empty for none; one that can't be resolved counts as none.
  ServerWatch(Network& network, TimeSeries& series, TimePoint start, std::uint16_t port,
              const std::string& metrics_url);

  /// Call a few times a second.
  void look(TimePoint now);

  void exchanged(HttpConnection& connection, const Response& response) override;

 private:
  void look_at_processes(TimePoint now);
  void read_metrics(std::string_view text, TimePoint now);

  TimePoint start_;
  TimeSeries& series_;
  std::vector<pid_t> processes_;
  std::optional<ProcessUse> used_;
  TimePoint used_at_{};
  HttpConnection connection_;
  std::optional<Target> metrics_;
  std::uint64_t received_ = 0;
  std::optional<double> sent_bytes_;
  TimePoint sent_at_{};
};

}  // namespace levee::surge
