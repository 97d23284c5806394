#include "sim/plot.hpp"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

namespace levee::sim {
namespace {

constexpr double kWidth = 860;
constexpr double kLeft = 70;
constexpr double kRight = 20;
constexpr double kHeight = 150;  // of a panel's field
constexpr double kPitch = 205;   // from one panel to the next

struct Scale {
  double least = 0;
  double most = 1;
  bool logarithmic = false;

  double place(double value) const {  // 0 (bottom) to 1
    if (!logarithmic) return std::clamp((value - least) / (most - least), 0.0, 1.0);
    return std::clamp(std::log(std::max(value, least) / least) / std::log(most / least), 0.0, 1.0);
  }
  double at(double place) const {
    return logarithmic ? least * std::pow(most / least, place) : least + place * (most - least);
  }
};

// The next of 1, 2, 5, 10, 20, ... above.
double round_up(double value) {
  if (value <= 0) return 1;
  const double ten = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * ten) return step * ten;
  }
  return 10 * ten;
}

std::string number(double value) {
  if (value >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.3g}k", value / 1e3);
  return fmt::format("{:.3g}", value);
}

std::string text(double x, double y, const char* anchor, const std::string& words,
                 const std::string& colour = "#555") {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}">{}</text>)"
                     "\n",
                     x, y, anchor, colour, words);
}

Scale scale_of(const Panel& panel) {
  double most = 0;
  for (const auto& line : panel.lines) {
    for (const double value : line.values) most = std::max(most, value);
  }
  most = round_up(most);
  return {panel.logarithmic ? most / 1000 : 0, most, panel.logarithmic};
}

std::string curve(const Line& line, const Scale& scale, double end, double top) {
  std::string points;
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    const double x = kLeft + line.times[i] / end * (kWidth - kLeft - kRight);
    points += fmt::format("{:.1f},{:.1f} ", x, top + kHeight * (1 - scale.place(line.values[i])));
  }
  return fmt::format(R"(<polyline fill="none" stroke="{}" stroke-width="1.6" points="{}"/>)"
                     "\n",
                     line.colour, points);
}

std::string field(const Panel& panel, double end, double top) {
  const Scale scale = scale_of(panel);
  std::string out = text(kLeft, top - 10, "start", panel.title, "#111");
  for (const double place : {0.0, 0.5, 1.0}) {
    const double y = top + kHeight * (1 - place);
    out += fmt::format(R"(<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" stroke="#ddd"/>)"
                       "\n",
                       kLeft, kWidth - kRight, y, y);
    out += text(kLeft - 6, y + 4, "end", number(scale.at(place)) + (place == 1.0 ? " " + panel.unit : ""));
  }
  double x = kWidth - kRight;
  for (auto line = panel.lines.rbegin(); line != panel.lines.rend(); ++line) {
    out += text(x, top - 10, "end", line->name, line->colour);
    x -= 12 + 7.0 * static_cast<double>(line->name.size());
  }
  for (const auto& line : panel.lines) out += curve(line, scale, end, top);
  return out;
}

}  // namespace

std::string draw(const std::string& title, const std::vector<Panel>& panels) {
  double end = 1;
  for (const auto& panel : panels) {
    for (const auto& line : panel.lines) end = std::max(end, line.times.empty() ? 0 : line.times.back());
  }
  const double height = 60 + kPitch * static_cast<double>(panels.size());
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" font-family="sans-serif" font-size="12">)"
      "\n"
      R"(<rect width="{0}" height="{1}" fill="#fff"/>)"
      "\n",
      kWidth, height);
  out += fmt::format(R"(<text x="{}" y="24" font-size="15" fill="#111">{}</text>)"
                     "\n",
                     kLeft, title);
  double top = 65;
  for (const auto& panel : panels) {
    out += field(panel, end, top);
    top += kPitch;
  }
  for (int step = 0; step <= 4; ++step) {
    const double at = end * step / 4;
    out += text(kLeft + (kWidth - kLeft - kRight) * step / 4, top - kPitch + kHeight + 18, "middle",
                number(at) + " s");
  }
  return out + "</svg>\n";
}

}  // namespace levee::sim
