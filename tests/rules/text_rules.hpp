#pragma once

#include <set>
#include <string>
#include <vector>

#include "source_text.hpp"

namespace levee::rules {

/// A folder that holds only functions of their arguments: no clock, thread, file, socket or log in it.
std::vector<Finding> check_purity(const SourceFile& file);

/// `#pragma once`, no `using namespace` in a header, and a `///` above every class, struct and enum of a
/// header in include/.
std::vector<Finding> check_header(const SourceFile& file);

/// A file has one subject: its name says which (no util, common, misc, helper, manager), and it is at most
/// 400 lines long (600 if a test).
std::vector<Finding> check_subject(const SourceFile& file);

}  // namespace levee::rules
