#pragma once

#include <string>
#include <vector>

#include "surge/run_report.hpp"

namespace levee::surge {

/// Which of the generator's own limits were hit, as people read it; empty: none. A run in which one was hit
/// is no verdict on the server. One second from t0 on in which its processor was full, or in which it was
/// late by more than 20 ms at p99, is enough: a surge lasts no longer.
std::vector<std::string> limits_hit(const RunReport& report);

/// Which figures of the run are the generator's own and not the server's, as people read it; empty: none.
std::vector<std::string> not_to_be_trusted(const RunReport& report);

}  // namespace levee::surge
