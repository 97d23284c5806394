#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "surge/run_report.hpp"

namespace levee::surge {

/// One line of the table that a person reads first: a number of one cohort in each phase, as text.
struct DigestRow {
  std::string cohort;
  std::string label;
  std::array<std::string, kPhaseNames.size()> phases;  ///< "-" where there is nothing to tell
  bool alarming = false;  ///< what should not be: stalls or errors of those who watched already
};

/// The lines that matter of every cohort in the report, worst news first.
std::vector<DigestRow> digest(const RunReport& report);

/// "800 incumbents, 8,200 newcomers within 1s"
std::string what_was_done(const RunReport& report);

/// Name and text of what else is to be known: the server's load, the generator's, the machine.
std::vector<std::pair<std::string, std::string>> circumstances(const RunReport& report);

/// The verdict as a word: "HELD", "BROKEN", "NO VERDICT", "UNREACHABLE".
std::string verdict_word(Verdict verdict);

}  // namespace levee::surge
