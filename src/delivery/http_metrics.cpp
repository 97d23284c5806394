#include "delivery/http_metrics.hpp"

#include <array>

namespace levee::delivery {
namespace {

using Shards = std::span<const HttpCounters* const>;

std::uint64_t sum(Shards shards, Counter HttpCounters::*counter) {
  std::uint64_t total = 0;
  for (const auto* shard : shards) total += (shard->*counter).value();
  return total;
}

void write_responses(MetricsText& out, std::string_view listener, Shards shards) {
  constexpr std::array<std::string_view, HttpCounters::kStatusClasses> kNames{"",    "1xx", "2xx",
                                                                              "3xx", "4xx", "5xx"};
  for (std::size_t kind = 0; kind < kRequestKinds; ++kind) {
    for (std::size_t status = 2; status < kNames.size(); ++status) {
      std::uint64_t total = 0;
      for (const auto* shard : shards) total += shard->responses[kind][status].value();
      out.counter("levee_http_responses_total", "Responses by what was asked for and status class.", total,
                  {{"listener", listener},
                   {"kind", to_string(static_cast<RequestKind>(kind))},
                   {"status", kNames[status]}});
    }
  }
}

}  // namespace

void write_http_metrics(MetricsText& out, std::string_view listener, Shards shards, std::size_t connections) {
  const auto counter = [&](std::string_view name, std::string_view help, Counter HttpCounters::*member) {
    out.counter(name, help, sum(shards, member), {{"listener", listener}});
  };
  const auto closed = [&](std::string_view reason, Counter HttpCounters::*member) {
    out.counter(
        "levee_http_closed_total",
        "Connections that the server closed: silent or slow for too long, or of newcomers who wait while "
        "descriptors are short.",
        sum(shards, member), {{"listener", listener}, {"reason", reason}});
  };
  write_responses(out, listener, shards);
  counter("levee_http_sent_bytes_total", "Bytes of responses, heads included, that the kernel took.",
          &HttpCounters::bytes_sent);
  out.gauge("levee_http_connections", "Open HTTP connections.", static_cast<double>(connections),
            {{"listener", listener}});
  counter("levee_http_accepted_total", "Connections that were accepted.", &HttpCounters::accepted);
  counter("levee_http_refused_total", "Connections that were told 503 at the door: the limit is reached.",
          &HttpCounters::refused);
  counter("levee_http_accept_errors_total", "Failed accepts: out of descriptors or memory.",
          &HttpCounters::accept_errors);
  counter("levee_http_upgraded_total", "Connections that became WebSockets.", &HttpCounters::upgraded);
  closed("idle", &HttpCounters::idle_timeouts);
  closed("short_of_files", &HttpCounters::given_up);
  closed("head", &HttpCounters::head_timeouts);
  closed("slow", &HttpCounters::slow_closed);

  std::int64_t parked = 0;
  for (const auto* shard : shards) parked += shard->parked.value();
  out.gauge("levee_http_parked", "Requests that wait for a part now.", static_cast<double>(parked),
            {{"listener", listener}});
  counter("levee_http_parks_total", "Requests that had to wait for a part.", &HttpCounters::parks);
  counter("levee_http_park_timeouts_total", "Requests that waited in vain: answered 503.",
          &HttpCounters::park_timeouts);
  counter("levee_http_left_parked_total", "Viewers that went away while their request waited.",
          &HttpCounters::left_parked);
}

}  // namespace levee::delivery
