#include "delivery/protection_metrics.hpp"

#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "delivery/kernel_socket.hpp"

namespace levee::delivery {
namespace {

using admission::Level;
using Json = nlohmann::ordered_json;

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void write_signals(MetricsText& out, const ProtectionFacts& facts) {
  const auto& late = facts.lateness;
  for (const auto& [quantile, value] : {std::pair{"0.5", late.p50}, std::pair{"0.9", late.p90},
                                        std::pair{"0.99", late.p99}, std::pair{"1", late.max}}) {
    out.gauge("levee_delivery_late_seconds",
              "From media that is ready and asked for to its last byte in the kernel, of viewers let in some "
              "seconds ago; over the last five seconds.",
              seconds_of(value), {{"quantile", quantile}});
  }
  for (const auto& [threads, lag] :
       {std::pair{"viewers", facts.loop_lag}, std::pair{"ingest", facts.control_lag}}) {
    out.gauge(
        "levee_loop_lag_seconds",
        "The longest that an event waited for its turn in the last five seconds: on the threads that serve "
        "viewers, and on the one of publishers and the admin port.",
        seconds_of(lag), {{"threads", threads}});
  }
  out.gauge("levee_accept_age_seconds",
            "The longest that a connection waited to be accepted in the last five seconds.",
            seconds_of(facts.accept_age));
  out.gauge("levee_accept_queue", "Connections that wait to be accepted.", facts.accept_queue);
  out.gauge("levee_at_the_door", "Open connections on which nobody was let in: they are new, or wait.",
            static_cast<double>(facts.at_the_door));
  out.gauge("levee_io_cpu_ratio",
            "Share of the cores of the io threads that they used, and twice what they waited for.",
            facts.signals.cpu);
  out.gauge("levee_egress_bytes_per_second", "Bytes that the kernel took for viewers.",
            facts.signals.egress_bytes_per_second);
  out.gauge("levee_send_queue_bytes", "Bytes of responses begun that the kernel has not taken.",
            static_cast<double>(facts.signals.send_queue_bytes));
  out.gauge("levee_descriptors", "Open descriptors, by the lowest free one.",
            static_cast<double>(facts.descriptors));
  out.gauge("levee_descriptors_limit", "How many there may be; 0: not known.",
            static_cast<double>(facts.signals.descriptor_limit));
}

void write_grant(MetricsText& out, const ProtectionFacts& facts) {
  const auto shards = static_cast<double>(facts.shards);
  for (const auto level : {Level::open, Level::start_low, Level::wait, Level::hide_top, Level::protect}) {
    out.gauge("levee_admission_level", "1 for what gives way now, each with those before it.",
              facts.grant.level == level ? 1 : 0, {{"level", to_string(level)}});
  }
  out.gauge("levee_admission_newcomers_per_second", "How many newcomers are let in.",
            facts.grant.rate * shards);
  out.gauge("levee_admission_load_ratio", "Load as a share of what can be carried; 1: full.", facts.load);
  out.gauge("levee_admission_pressure_ratio", "How late things are against their limits; above 1: too late.",
            facts.pressure);
  out.gauge("levee_admission_incumbents", "Viewers with a token that were served lately, of all shards.",
            static_cast<double>(facts.signals.incumbents));
  out.gauge("levee_admission_waiting", "Newcomers told to wait that are expected to come back.",
            static_cast<double>(facts.signals.waiting));
  out.counter("levee_admission_seen_total", "Newcomers that asked, each time they did.", facts.seen);
  out.counter("levee_admission_admitted_total", "Newcomers that were let in.", facts.admitted);
  out.counter("levee_admission_refused_total", "Newcomers that were told to wait, each time they were.",
              facts.refused);
  out.counter("levee_admission_returned_total", "Known viewers that came on a new connection.",
              facts.returned);
}

}  // namespace

void write_protection_metrics(MetricsText& out, const ProtectionFacts& facts, const SideDoors& side_doors,
                              const ProtectionSetup& setup) {
  write_signals(out, facts);
  write_grant(out, facts);
  const auto beside = [&](std::string_view what, std::uint64_t value) {
    out.counter(
        "levee_admission_refused_beside_total",
        "Requests refused elsewhere than at the multivariant playlist, while newcomers wait or descriptors "
        "are few.",
        value, {{"what", what}});
  };
  beside("no_token", side_doors.strangers);
  beside("websocket", side_doors.upgrades);
  beside("descriptors", side_doors.files);
  if (const auto overflows = listen_overflows()) {
    out.counter(
        "levee_listen_overflows_total",
        "Connections that the kernel dropped because an accept queue was full, of this network namespace.",
        *overflows);
  }
  out.gauge("levee_congestion_control_info", "The congestion control of the public listener.", 1,
            {{"name", setup.congestion_control}});
}

std::string admission_json(const ProtectionFacts& facts, const ProtectionSetup& setup) {
  const auto& signals = facts.signals;
  const auto& grant = facts.grant;
  const auto shards = static_cast<double>(facts.shards);
  const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
  const auto seconds = [&](Duration duration) { return rounded(seconds_of(duration)); };
  const Json lateness = {{"count", facts.lateness.count},
                         {"p50", seconds(facts.lateness.p50)},
                         {"p90", seconds(facts.lateness.p90)},
                         {"p99", seconds(facts.lateness.p99)},
                         {"max", seconds(facts.lateness.max)}};
  const Json out = {{"enabled", setup.enabled},
                    {"level", to_string(grant.level)},
                    {"reconnecting", grant.reconnecting},
                    {"newcomers_per_second", rounded(grant.rate * shards)},
                    {"expected_newcomers_per_second", rounded(grant.expected_rate * shards)},
                    {"start_lower", grant.start_lower},
                    {"hidden_rungs", grant.hidden_rungs},
                    {"load", rounded(facts.load)},
                    {"pressure", rounded(facts.pressure)},
                    {"incumbents", signals.incumbents},
                    {"waiting", signals.waiting},
                    {"waiting_estimate_seconds", grant.expected_rate > 0
                                                     ? Json(rounded(static_cast<double>(signals.waiting) /
                                                                    (grant.expected_rate * shards)))
                                                     : Json(nullptr)},
                    {"totals",
                     {{"seen", facts.seen},
                      {"admitted", facts.admitted},
                      {"refused", facts.refused},
                      {"returned", facts.returned}}},
                    {"signals",
                     {{"late_seconds", lateness},
                      {"loop_lag_seconds", seconds(facts.loop_lag)},
                      {"accept_age_seconds", seconds(facts.accept_age)},
                      {"accept_queue", facts.accept_queue},
                      {"cpu", rounded(signals.cpu)},
                      {"egress_bytes_per_second", std::round(signals.egress_bytes_per_second)},
                      {"send_queue_bytes", signals.send_queue_bytes},
                      {"parked", signals.parked},
                      {"descriptors", facts.descriptors},
                      {"at_the_door", facts.at_the_door},
                      {"descriptor_limit", signals.descriptor_limit}}},
                    {"congestion_control", setup.congestion_control}};
  return out.dump(2) + "\n";
}

}  // namespace levee::delivery
