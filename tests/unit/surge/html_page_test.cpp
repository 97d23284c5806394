#include "surge/html_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/surge_report.hpp"
#include "surge/threshold.hpp"

namespace levee::surge {
namespace {

using testing::HasSubstr;
using testing::Not;

RunReport judged() {
  auto report = test::sample_report();
  judge(report, {"incumbents.stalled_fraction == 0", "newcomers.refusal.p99 < 250ms"});
  return report;
}

nlohmann::json data_of(const std::string& page) {
  const std::string begin = "id=\"data\">";
  const auto at = page.find(begin) + begin.size();
  return nlohmann::json::parse(page.substr(at, page.find("</script>", at) - at));
}

TEST(HtmlPage, ShowsVerdictThresholdsAndNumbers) {
  const auto page = html_page(judged());
  EXPECT_THAT(page, HasSubstr("<div class=\"verdict broken\">BROKEN</div>"));
  EXPECT_THAT(page, HasSubstr("<code>incumbents.stalled_fraction == 0</code>"));
  EXPECT_THAT(page, HasSubstr("800 of 800"));
  EXPECT_THAT(page, HasSubstr("Linux 6.1.0"));
}

TEST(HtmlPage, LoadsNothing) {
  const auto page = html_page(judged());
  for (const auto* loader : {"src=", "<link", "@import", "url(", "fetch(", "import("})
    EXPECT_THAT(page, Not(HasSubstr(loader))) << loader;
}

TEST(HtmlPage, CarriesTheSeriesOnOneAxis) {
  const auto data = data_of(html_page(judged()));
  EXPECT_EQ(data.at("t0"), 20.0);
  EXPECT_EQ(data.at("values").at("server.cpu").size(), 60u);
  EXPECT_EQ(data.at("times").at("incumbents.media_fetch").at("p99").size(), 60u);
  EXPECT_NEAR(data.at("times").at("incumbents.media_fetch").at("p99").at(30).get<double>(), 2.0, 0.07);
}

TEST(HtmlPage, LetsNoTextOfARunBecomeMarkup) {
  auto report = judged();
  report.scenario = "<script>alert(1)</script>";
  report.marks.push_back({std::chrono::seconds{1}, "</script><b>"});
  const auto page = html_page(report);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_EQ(data_of(page).at("marks").at(1).at("what"), "</script><b>");
}

TEST(HtmlPage, WarnsOfTheGeneratorsLimits) {
  auto report = judged();
  report.generator.port_failures = 1;
  const auto page = html_page(report);
  EXPECT_THAT(page, HasSubstr("NO VERDICT"));
  EXPECT_THAT(page, HasSubstr("The generator itself was the bottleneck"));
}

}  // namespace
}  // namespace levee::surge
