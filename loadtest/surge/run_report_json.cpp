// RunReport to JSON and back. Every time is in microseconds and says so in its name.
#include <stdexcept>
#include <string>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "surge/generator_limits.hpp"
#include "surge/run_report.hpp"

namespace levee::surge {
namespace {

using nlohmann::json;

std::int64_t micros(Duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

Duration time_at(const json& object, const char* key) {
  return std::chrono::microseconds{object.at(key).get<std::int64_t>()};
}

/// A report of realtime clients.
template <class Of>
json written_fields(const Of& report) {
  auto all = json::object();
  for_each_field<Of>([&](const auto& field) {
    const auto& ours = report.*field.member;
    auto& place = all[std::string{field.name}];
    if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(ours)>>) {
      place = ours;
    } else {
      place = ours.to_json();
    }
  });
  return all;
}

/// What is not there, an older harness did not measure.
template <class Of>
void read_fields(const json& all, const char* name, Of& report) {
  const auto from = all.find(name);
  if (from == all.end()) return;
  for_each_field<Of>([&](const auto& field) {
    auto& ours = report.*field.member;
    const auto found = from->find(std::string{field.name});
    if (found == from->end()) return;
    if constexpr (std::is_integral_v<std::remove_reference_t<decltype(ours)>>) {
      found->get_to(ours);
    } else {
      ours = Histogram::from_json(*found);
    }
  });
}

json written(const PublisherReport& publisher) {
  return {{"connections", publisher.connections},
          {"failures", publisher.failures},
          {"blinks", publisher.blinks},
          {"bytes", publisher.bytes},
          {"lag", publisher.lag.to_json()}};
}

void read(const json& from, PublisherReport& publisher) {
  from.at("connections").get_to(publisher.connections);
  from.at("failures").get_to(publisher.failures);
  from.at("blinks").get_to(publisher.blinks);
  from.at("bytes").get_to(publisher.bytes);
  publisher.lag = Histogram::from_json(from.at("lag"));
}

json written(const GeneratorReport& generator) {
  return {{"agents", generator.agents},
          {"lag", generator.lag.to_json()},
          {"busy_poll", generator.busy_poll},
          {"cpu_peak", generator.cpu_peak},
          {"cpu_mean", generator.cpu_mean},
          {"descriptors_peak", generator.descriptors_peak},
          {"descriptors_limit", generator.descriptors_limit},
          {"ports_peak", generator.ports_peak},
          {"ports_limit", generator.ports_limit},
          {"descriptor_failures", generator.descriptor_failures},
          {"port_failures", generator.port_failures},
          {"memory_failures", generator.memory_failures}};
}

void read(const json& from, GeneratorReport& generator) {
  from.at("agents").get_to(generator.agents);
  generator.lag = Histogram::from_json(from.at("lag"));
  from.at("busy_poll").get_to(generator.busy_poll);
  from.at("cpu_peak").get_to(generator.cpu_peak);
  from.at("cpu_mean").get_to(generator.cpu_mean);
  from.at("descriptors_peak").get_to(generator.descriptors_peak);
  from.at("descriptors_limit").get_to(generator.descriptors_limit);
  from.at("ports_peak").get_to(generator.ports_peak);
  from.at("ports_limit").get_to(generator.ports_limit);
  from.at("descriptor_failures").get_to(generator.descriptor_failures);
  from.at("port_failures").get_to(generator.port_failures);
  from.at("memory_failures").get_to(generator.memory_failures);
}

json written(const Environment& environment) {
  return {{"kernel", environment.kernel},
          {"processor", environment.processor},
          {"cores", environment.cores},
          {"congestion_control", environment.congestion_control},
          {"version", environment.version}};
}

void read(const json& from, Environment& environment) {
  from.at("kernel").get_to(environment.kernel);
  from.at("processor").get_to(environment.processor);
  from.at("cores").get_to(environment.cores);
  from.at("congestion_control").get_to(environment.congestion_control);
  from.at("version").get_to(environment.version);
}

json written(const LimitReport& limit) {
  auto tries = json::array();
  for (const auto& one : limit.tries) {
    tries.push_back({{"surge", one.surge},
                     {"incumbents", one.incumbents},
                     {"newcomers", one.newcomers},
                     {"held", one.held},
                     {"broken", one.broken},
                     {"gave_way", one.gave_way}});
  }
  return {{"steady", limit.steady ? json(*limit.steady) : json()},
          {"surge", limit.surge ? json(*limit.surge) : json()},
          {"steady_gave_way", limit.steady_gave_way},
          {"surge_gave_way", limit.surge_gave_way},
          {"tries", tries}};
}

LimitReport read_limit(const json& from) {
  LimitReport limit;
  if (!from.at("steady").is_null()) limit.steady = from.at("steady").get<std::uint32_t>();
  if (!from.at("surge").is_null()) limit.surge = from.at("surge").get<std::uint32_t>();
  from.at("steady_gave_way").get_to(limit.steady_gave_way);
  from.at("surge_gave_way").get_to(limit.surge_gave_way);
  for (const auto& one : from.at("tries")) {
    limit.tries.push_back({one.at("surge").get<bool>(), one.at("incumbents").get<std::uint32_t>(),
                           one.at("newcomers").get<std::uint32_t>(), one.at("held").get<bool>(),
                           one.at("broken").get<std::vector<std::string>>(),
                           one.at("gave_way").get<std::string>()});
  }
  return limit;
}

json written(const std::map<std::string, CohortReport>& cohorts) {
  auto all = json::object();
  for (const auto& [name, cohort] : cohorts) {
    for (std::size_t i = 0; i < kPhaseNames.size(); ++i)
      all[name][std::string{kPhaseNames[i]}] = cohort.phases[i].to_json();
  }
  return all;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::held:
      return "held";
    case Verdict::broken:
      return "broken";
    case Verdict::target_unreachable:
      return "target_unreachable";
    case Verdict::generator_limited:
      return "generator_limited";
  }
  return "broken";
}

std::string to_json_text(const RunReport& report) {
  auto marks = json::array();
  for (const auto& mark : report.marks) marks.push_back({{"at_us", micros(mark.at)}, {"what", mark.what}});
  auto thresholds = json::array();
  for (const auto& one : report.thresholds)
    thresholds.push_back(
        {{"text", one.text}, {"value", one.value}, {"bound", one.bound}, {"held", one.held}});
  json all{{"schema", RunReport::kSchema},
           {"verdict", name_of(verdict_of(report))},
           {"scenario", report.scenario},
           {"description", report.description},
           {"profile", report.profile},
           {"command_line", report.command_line},
           {"seed", report.seed},
           {"started_ms", report.started_ms},
           {"settings", report.settings},
           {"environment", written(report.environment)},
           {"incumbents_in_us", micros(report.incumbents_in)},
           {"t0_us", micros(report.t0)},
           {"surge_end_us", micros(report.surge_end)},
           {"hold_end_us", micros(report.hold_end)},
           {"length_us", micros(report.length)},
           {"marks", marks},
           {"cohorts", written(report.cohorts)},
           {"chat", written_fields(report.chat)},
           {"feed", written_fields(report.feed)},
           {"track", written_fields(report.track)},
           {"publisher", written(report.publisher)},
           {"generator", written(report.generator)},
           {"series", report.series.to_json()},
           {"limit", report.limit ? written(*report.limit) : json()},
           {"thresholds", thresholds},
           {"target_error", report.target_error}};
  all["generator"]["limits_hit"] = limits_hit(report);
  all["generator"]["not_to_be_trusted"] = not_to_be_trusted(report);
  return all.dump();
}

RunReport report_from_json(std::string_view text) {
  const auto all = json::parse(text);
  if (all.at("schema") != RunReport::kSchema)
    throw std::runtime_error{"written by another version of levee-surge: schema " + all.at("schema").dump()};
  RunReport report;
  all.at("scenario").get_to(report.scenario);
  all.at("description").get_to(report.description);
  all.at("profile").get_to(report.profile);
  all.at("command_line").get_to(report.command_line);
  all.at("seed").get_to(report.seed);
  all.at("started_ms").get_to(report.started_ms);
  all.at("settings").get_to(report.settings);
  read(all.at("environment"), report.environment);
  report.incumbents_in = time_at(all, "incumbents_in_us");
  report.t0 = time_at(all, "t0_us");
  report.surge_end = time_at(all, "surge_end_us");
  report.hold_end = time_at(all, "hold_end_us");
  report.length = time_at(all, "length_us");
  for (const auto& mark : all.at("marks"))
    report.marks.push_back({time_at(mark, "at_us"), mark.at("what").get<std::string>()});
  for (const auto& [name, cohort] : all.at("cohorts").items()) {
    for (std::size_t i = 0; i < kPhaseNames.size(); ++i)
      report.cohorts[name].phases[i] = CohortStats::from_json(cohort.at(std::string{kPhaseNames[i]}));
  }
  read_fields(all, "chat", report.chat);
  read_fields(all, "feed", report.feed);
  read_fields(all, "track", report.track);
  read(all.at("publisher"), report.publisher);
  read(all.at("generator"), report.generator);
  report.series = TimeSeries::from_json(all.at("series"));
  if (!all.at("limit").is_null()) report.limit = read_limit(all.at("limit"));
  for (const auto& one : all.at("thresholds"))
    report.thresholds.push_back({one.at("text").get<std::string>(), one.at("value").get<std::string>(),
                                 one.at("bound").get<std::string>(), one.at("held").get<bool>()});
  all.at("target_error").get_to(report.target_error);
  return report;
}

}  // namespace levee::surge
