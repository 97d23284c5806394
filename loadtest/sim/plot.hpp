#pragma once

#include <functional>
#include <string>
#include <vector>

namespace levee::sim {

/// One line of a panel: a name, a CSS colour and its values, one for each of the panel's times.
struct Line {
  std::string name;
  std::string colour;
  std::vector<double> times;
  std::vector<double> values;
};

/// Lines over the same time axis, with one scale.
struct Panel {
  std::string title;
  std::string unit;
  std::vector<Line> lines;
  bool logarithmic = false;  ///< values below a thousandth of the largest are drawn at the bottom
};

/// Panels below each other, as an SVG document that needs nothing else. Times are in seconds.
std::string draw(const std::string& title, const std::vector<Panel>& panels);

}  // namespace levee::sim
