#include "surge/server_watch.hpp"

#include <utility>

#include "surge/prometheus.hpp"

namespace levee::surge {
namespace {

constexpr Duration kPatience = std::chrono::seconds{5};
constexpr Duration kCpuWindow = std::chrono::milliseconds{900};  // /proc counts in ticks of 10 ms

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

ServerWatch::ServerWatch(Network& network, TimeSeries& series, TimePoint start, std::uint16_t port,
                         const std::string& metrics_url)
    : start_{start}, series_{series}, processes_{listeners_on(port)}, connection_{network, *this} {
  if (metrics_url.empty()) return;
  if (auto target = resolve_target(metrics_url)) {
    metrics_ = std::move(*target);
    connection_.set_target(metrics_->endpoint, &received_);
  }
}

void ServerWatch::look(TimePoint now) {
  look_at_processes(now);
  if (!metrics_ || connection_.busy()) return;
  HttpRequest request;
  request.text = "GET " + metrics_->path + " HTTP/1.1\r\nHost: " + metrics_->host + "\r\n\r\n";
  request.keep_body = true;
  request.patience = kPatience;
  connection_.exchange(std::move(request));
}

void ServerWatch::look_at_processes(TimePoint now) {
  if (processes_.empty() || (used_ && now - used_at_ < kCpuWindow)) return;
  const auto use = use_of(processes_);
  // What one process more or less has used so far is no use of this moment.
  if (used_ && use.processes > 0 && use.processes == used_->processes) {
    series_.max(series::kServerCpu)
        .set(now - start_, seconds_of(use.cpu - used_->cpu) / seconds_of(now - used_at_));
    series_.max(series::kServerMemory).set(now - start_, static_cast<double>(use.resident_bytes));
  }
  used_ = use;
  used_at_ = now;
}

void ServerWatch::exchanged(HttpConnection&, const Response& response) {
  if (response.end == ExchangeEnd::complete && response.status == 200)
    read_metrics(response.body, response.ended);
}

void ServerWatch::read_metrics(std::string_view text, TimePoint now) {
  struct Plotted {
    std::string_view metric;
    std::string_view series;
  };
  constexpr Plotted kPlotted[]{
      {"levee_loop_lag_seconds", series::kServerLag},
      {"levee_admission_level", series::kServerAdmission},
  };
  for (const auto& [metric, series] : kPlotted) {
    if (const auto value = metric_max(text, metric)) series_.max(series).set(now - start_, *value);
  }
  if (const auto rate = metric_sum(text, "levee_admission_newcomers_per_second"))
    series_.max(series::kServerRate).set(now - start_, *rate);
  const auto sent = metric_sum(text, "levee_http_sent_bytes_total");
  if (sent && sent_bytes_)
    series_.max(series::kServerEgress).set(now - start_, (*sent - *sent_bytes_) / seconds_of(now - sent_at_));
  sent_bytes_ = sent;
  sent_at_ = now;
}

}  // namespace levee::surge
