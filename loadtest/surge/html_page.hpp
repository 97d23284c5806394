#pragma once

#include <string>

#include "surge/run_report.hpp"

namespace levee::surge {

/// A page with the verdict, the thresholds, the numbers and the plots of a run: one file that loads nothing.
std::string html_page(const RunReport& report);

}  // namespace levee::surge
