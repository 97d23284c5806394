#pragma once

#include <string>

#include "surge/run_report.hpp"

namespace levee::surge {

/// What a person reads in ten seconds: the verdict, the generator's own limits, the broken promises, the
/// numbers. `colour`: with the escape sequences of a terminal.
std::string text_summary(const RunReport& report, bool colour);

}  // namespace levee::surge
