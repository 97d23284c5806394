#pragma once

#include <string_view>

#include "surge/run_report.hpp"

namespace levee::surge {

/// The machine that this process runs on. What can't be read is left empty.
Environment read_environment(std::string_view version);

}  // namespace levee::surge
