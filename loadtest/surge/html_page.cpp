#include "surge/html_page.hpp"

#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "surge/digest.hpp"
#include "surge/embedded.hpp"
#include "surge/generator_limits.hpp"

namespace levee::surge {
namespace {

using nlohmann::json;

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string_view page_file(std::string_view name) {
  for (const auto& file : embedded_page()) {
    if (file.name == name) return file.text;
  }
  throw std::logic_error{"the build left out a file of the report's page"};
}

/// The points of a distribution's plot; null where there is nothing.
json percentiles(const std::vector<CoarseHistogram>& bins) {
  auto p50 = json::array(), p99 = json::array(), most = json::array();
  for (const auto& bin : bins) {
    const auto point = [&bin](double quantile) {
      return bin.count() == 0 ? json() : json(seconds(bin.quantile(quantile)));
    };
    p50.push_back(point(0.5));
    p99.push_back(point(0.99));
    most.push_back(point(1));
  }
  return {{"p50", p50}, {"p99", p99}, {"max", most}};
}

std::string plot_data(const RunReport& report) {
  json data{{"bin", seconds(report.series.bin())},
            {"t0", seconds(report.t0)},
            {"hold_end", seconds(report.hold_end)},
            {"length", seconds(report.length)},
            {"marks", json::array()},
            {"cohorts", json::array()},
            {"values", json::object()},
            {"times", json::object()}};
  for (const auto& mark : report.marks)
    data["marks"].push_back({{"at", seconds(mark.at)}, {"what", mark.what}});
  for (const auto& [name, cohort] : report.cohorts) data["cohorts"].push_back(name);
  for (const auto& [name, one] : report.series.values()) {
    auto points = json::array();
    for (const auto& point : one.values()) points.push_back(point ? json(*point) : json());
    data["values"][name] = points;
  }
  for (const auto& [name, one] : report.series.all_times()) data["times"][name] = percentiles(one.bins());
  auto text = data.dump();
  // Inside a script element, nothing may look like its end.
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at))
    text.replace(at, 1, "\\u003c");
  return text;
}

std::string head(const RunReport& report) {
  const auto verdict = verdict_of(report);
  return fmt::format("<header><div class=\"verdict {}\">{}</div><div><h1>{}</h1><p>{}</p></div></header>\n",
                     name_of(verdict), verdict_word(verdict),
                     escaped(report.scenario + ", " + what_was_done(report)), escaped(report.description));
}

std::string banner(const RunReport& report) {
  if (!report.target_error.empty())
    return fmt::format(
        "<section class=\"card banner\"><h2>The target could not be reached</h2>{}</section>\n",
        escaped(report.target_error));
  const auto limits = limits_hit(report);
  if (limits.empty()) return {};
  const auto list = [](const std::vector<std::string>& lines) {
    std::string items;
    for (const auto& line : lines) items += fmt::format("<li>{}</li>", escaped(line));
    return items;
  };
  return fmt::format(
      "<section class=\"card banner\"><h2>The generator itself was the bottleneck: no verdict on the "
      "server</h2><ul>{}</ul>Not to be trusted:<ul>{}</ul>Fewer viewers, more cores (<code>--agents "
      "N</code>) "
      "or more hosts (<code>--agent-of I/N</code>).</section>\n",
      list(limits), list(not_to_be_trusted(report)));
}

std::string threshold_table(const std::vector<ThresholdOutcome>& outcomes) {
  if (outcomes.empty()) return {};
  std::string broken, held;
  for (const auto& one : outcomes) {
    auto& rows = one.held ? held : broken;
    rows += fmt::format(
        "<tr><td class=\"{}\">{}</td><td><code>{}</code></td><td class=\"number\">{}</td>"
        "<td class=\"number\">{}</td></tr>\n",
        one.held ? "held-mark" : "broken-mark", one.held ? "held" : "broken", escaped(one.text),
        escaped(one.value), escaped(one.bound));
  }
  return fmt::format(
      "<section class=\"card\"><h2>Thresholds</h2><table><thead><tr><th></th><th></th><th "
      "class=\"number\">measured</th>"
      "<th class=\"number\">must be</th></tr></thead><tbody>\n{}{}</tbody></table></section>\n",
      broken, held);
}

std::string digest_table(const RunReport& report) {
  std::string rows, cohort;
  for (const auto& row : digest(report)) {
    rows += fmt::format("<tr{}><th class=\"cohort\">{}</th><td>{}</td>",
                        row.alarming ? " class=\"alarming\"" : "",
                        row.cohort == cohort ? "" : escaped(row.cohort), escaped(row.label));
    for (const auto& phase : row.phases) rows += fmt::format("<td class=\"number\">{}</td>", escaped(phase));
    rows += "</tr>\n";
    cohort = row.cohort;
  }
  if (rows.empty()) return {};
  return fmt::format(
      "<section class=\"card\"><h2>What the viewers lived through</h2><table><thead><tr><th></th><th></th>"
      "<th class=\"number\">before</th><th class=\"number\">surge</th><th "
      "class=\"number\">after</th></tr></thead><tbody>\n"
      "{}</tbody></table></section>\n",
      rows);
}

std::string limit_table(const RunReport& report) {
  if (!report.limit) return {};
  std::string rows;
  for (const auto& one : report.limit->tries) {
    std::string broken;
    for (const auto& text : one.broken) broken += fmt::format("<code>{}</code><br>", escaped(text));
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"{}\">{}</td>"
        "<td>{}{}</td></tr>\n",
        one.surge ? "surge" : "steady", one.incumbents, one.newcomers, one.held ? "held-mark" : "broken-mark",
        one.held ? "held" : "broken", broken, escaped(one.gave_way));
  }
  return fmt::format(
      "<section class=\"card\"><h2>The search for the limit</h2><table><thead><tr><th></th><th "
      "class=\"number\">incumbents"
      "</th><th "
      "class=\"number\">newcomers</th><th></th><th></th></tr></thead><tbody>\n{}</tbody></table></section>\n",
      rows);
}

std::string foot(const RunReport& report) {
  std::string list;
  for (const auto& [name, what] : circumstances(report))
    list += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(what));
  std::string settings;
  for (const auto& [key, value] : report.settings)
    settings += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(key), escaped(value));
  return fmt::format(
      "<section class=\"card\"><h2>Circumstances</h2><dl>{}</dl></section>\n"
      "<section class=\"card\"><details><summary>All settings of the "
      "scenario</summary><dl>{}</dl></details></section>\n",
      list, settings);
}

void put(std::string& page, std::string_view place, std::string_view text) {
  const auto at = page.find(place);
  if (at == std::string::npos)
    throw std::logic_error{"the report's page has no place for " + std::string{place}};
  page.replace(at, place.size(), text);
}

}  // namespace

std::string html_page(const RunReport& report) {
  std::string page{page_file("report.html")};
  put(page, "<!--title-->",
      escaped(fmt::format("{}: {}", verdict_word(verdict_of(report)), report.scenario)));
  put(page, "<!--style-->", page_file("report.css"));
  put(page, "<!--body-->", head(report) + banner(report) + threshold_table(report.thresholds));
  put(page, "<!--end-->", digest_table(report) + limit_table(report) + foot(report));
  put(page, "<!--script-->", page_file("report.js"));
  put(page, "<!--data-->", plot_data(report));
  return page;
}

}  // namespace levee::surge
