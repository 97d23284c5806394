#include "delivery/realtime_metrics.hpp"

#include <numeric>

namespace levee::delivery {

void write_metrics(MetricsText& out, const RealtimeCounters& counters) {
  out.gauge("levee_realtime_connections", "WebSockets of viewers.",
            static_cast<double>(counters.connections.value()));
  out.counter("levee_realtime_accepted_total", "WebSockets accepted.", counters.accepted.value());
  out.counter("levee_realtime_turned_away_total", "WebSockets told to come back later: too many.",
              counters.turned_away.value());
  out.counter("levee_realtime_bad_handshakes_total", "Requests that were no good WebSocket handshake.",
              counters.bad_handshakes.value());
  out.counter("levee_realtime_sent_bytes_total", "Bytes written to WebSockets.", counters.bytes_out.value());
  out.counter("levee_realtime_writes_total", "Writes to WebSockets.", counters.writes.value());
  out.counter("levee_realtime_blocked_total", "Writes that had to wait for a slow client.",
              counters.blocked.value());
  const auto closed = [&](std::string_view reason, const Counter& counter) {
    out.counter("levee_realtime_closed_total", "WebSockets closed, by reason.", counter.value(),
                {{"reason", reason}});
  };
  closed("client", counters.closed_by_client);
  closed("lost", counters.closed_lost);
  closed("protocol", counters.closed_protocol);
  closed("silent", counters.closed_silent);
  closed("slow", counters.closed_slow);
  closed("flood", counters.closed_flood);
  closed("restart", counters.closed_restart);
  closed("other", counters.closed_other);
}

namespace {

using Hubs = std::span<const realtime::Hub* const>;

std::uint64_t sum(Hubs hubs, Counter realtime::HubCounters::*counter) {
  return std::accumulate(
      hubs.begin(), hubs.end(), std::uint64_t{0},
      [&](std::uint64_t total, const auto* hub) { return total + (hub->counters().*counter).value(); });
}

void write_feed_metrics(MetricsText& out, Hubs hubs) {
  using Hub = realtime::HubCounters;
  const auto records = [&](std::string_view outcome, Counter Hub::*counter) {
    out.counter("levee_feed_records_total", "Records of feeds and fixes of devices, by what became of them.",
                sum(hubs, counter), {{"outcome", outcome}});
  };
  records("taken", &Hub::feed_taken);
  records("old", &Hub::feed_old);
  records("full", &Hub::feed_full);
  out.counter("levee_feed_gaps_total", "Jumps in the sequences of feeds' sources.",
              sum(hubs, &Hub::feed_gaps));
  out.counter("levee_feed_sources_total", "Source sessions of feeds begun.", sum(hubs, &Hub::feed_sources));
  out.counter("levee_feed_marked_total", "Keys found silent, and watches of tracks told.",
              sum(hubs, &Hub::feed_marked));
  const auto acts = [&](std::string_view verdict, Counter Hub::*counter) {
    out.counter("levee_feed_acts_total", "Acts on what a feed said, by verdict.", sum(hubs, counter),
                {{"verdict", verdict}});
  };
  acts("accepted", &Hub::acts_accepted);
  acts("stale", &Hub::acts_stale);
  acts("superseded", &Hub::acts_superseded);
  acts("unknown", &Hub::acts_unknown);
  out.counter("levee_track_fixes_total", "Fixes that devices reported.", sum(hubs, &Hub::track_reports));
  out.counter("levee_track_backlog_total", "Of these, fixes made while the device was offline.",
              sum(hubs, &Hub::track_backlog));
}

}  // namespace

void write_metrics(MetricsText& out, std::span<const realtime::Hub* const> hubs) {
  const auto sum = [&](auto read) {
    return std::accumulate(hubs.begin(), hubs.end(), std::uint64_t{0},
                           [&](std::uint64_t total, const auto* hub) {
                             return total + static_cast<std::uint64_t>(read(hub->counters()));
                           });
  };
  const auto counter = [&](std::string_view name, std::string_view help, auto read) {
    out.counter(name, help, sum([&](const auto& counters) { return read(counters).value(); }));
  };
  const auto gauge = [&](std::string_view name, std::string_view help, auto read) {
    out.gauge(name, help,
              static_cast<double>(sum([&](const auto& counters) { return read(counters).value(); })));
  };
  using Hub = const realtime::HubCounters&;
  gauge("levee_realtime_sessions", "Clients that said hello.", [](Hub hub) -> auto& { return hub.sessions; });
  gauge("levee_realtime_subscriptions", "Channels subscribed, over all clients.",
        [](Hub hub) -> auto& { return hub.subscriptions; });
  gauge("levee_realtime_topics", "Channels carried, counted once a shard.",
        [](Hub hub) -> auto& { return hub.topics; });
  counter("levee_realtime_received_total", "Messages from clients.",
          [](Hub hub) -> auto& { return hub.received; });
  counter("levee_realtime_refused_total", "Requests answered with an error.",
          [](Hub hub) -> auto& { return hub.refused; });
  counter("levee_realtime_published_total", "Chat messages taken by the bus.",
          [](Hub hub) -> auto& { return hub.published; });
  counter("levee_realtime_publish_failed_total", "Chat messages that the bus did not take.",
          [](Hub hub) -> auto& { return hub.publish_failed; });
  counter("levee_realtime_moderated_total", "Actions of moderators.",
          [](Hub hub) -> auto& { return hub.moderated; });
  counter("levee_realtime_rule_refusals_total", "Chat messages that a chat's rules or the filter refused.",
          [](Hub hub) -> auto& { return hub.rule_refusals; });
  const auto turned_back = [&](std::string_view arrival, realtime::Arrival kind) {
    std::uint64_t total = 0;
    for (const auto* hub : hubs) total += hub->gate().turned_back(kind);
    out.counter("levee_realtime_hellos_turned_back_total", "Clients told to say hello later.", total,
                {{"arrival", arrival}});
  };
  turned_back("resume", realtime::Arrival::resume);
  turned_back("known", realtime::Arrival::known);
  turned_back("cold", realtime::Arrival::cold);
  counter("levee_realtime_resumed_total", "Sessions that came back with a token.",
          [](Hub hub) -> auto& { return hub.resumed; });
  counter("levee_realtime_recovered_total", "Subscriptions that were given all they had missed.",
          [](Hub hub) -> auto& { return hub.recovered; });
  counter("levee_realtime_not_recovered_total", "Subscriptions that had missed more than is kept.",
          [](Hub hub) -> auto& { return hub.not_recovered; });
  counter("levee_realtime_coalesced_total", "Messages that went out in one write with an earlier one.",
          [](Hub hub) -> auto& { return hub.topics_counted.coalesced; });
  counter("levee_realtime_superseded_total", "Values that a newer one replaced before they were sent.",
          [](Hub hub) -> auto& { return hub.topics_counted.superseded; });
  counter("levee_realtime_sampled_total",
          "Chat messages above the rate, which went to a part of their readers.",
          [](Hub hub) -> auto& { return hub.topics_counted.sampled; });
  counter("levee_realtime_gaps_total", "Gaps told to slow clients.",
          [](Hub hub) -> auto& { return hub.topics_counted.gaps; });
  counter("levee_realtime_syncs_total", "Subscriptions started anew by the server.",
          [](Hub hub) -> auto& { return hub.topics_counted.syncs; });
  write_feed_metrics(out, hubs);
}

}  // namespace levee::delivery
