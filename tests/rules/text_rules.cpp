#include "text_rules.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "layer_rules.hpp"

namespace levee::rules {
namespace {

constexpr std::array<std::string_view, 4> kPureFolders{"media", "rtmp", "hls", "admission"};
constexpr std::array<std::string_view, 11> kImpureHeaders{
    "thread", "mutex",  "condition_variable", "future", "fstream", "iostream",
    "random", "poll.h", "unistd.h",           "ctime",  "time.h"};
constexpr std::array<std::string_view, 10> kVagueNames{
    "util", "utils", "common", "misc", "helper", "helpers", "manager", "handler_base", "stuff", "tools"};
constexpr std::size_t kMaxLines = 400;
constexpr std::size_t kMaxTestLines = 600;  // many small cases of one subject

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

// Whether the line begins the definition of a type of ours.
bool defines_type(const std::string& code) {
  const bool type = code.starts_with("class ") || code.starts_with("struct ") || code.starts_with("enum ");
  const auto body = code.find('{');
  const auto scope = code.find("::");  // a specialization of someone else's template explains itself
  return type && body != std::string::npos && (scope == std::string::npos || code.find(':') < scope);
}

}  // namespace

std::vector<Finding> check_purity(const SourceFile& file) {
  std::vector<Finding> findings;
  const auto folder = folder_of(file.path);
  if (std::find(kPureFolders.begin(), kPureFolders.end(), folder) == kPureFolders.end()) return findings;
  for (const auto& include : file.includes()) {
    const bool log = include.name == "levee/base/log.hpp";
    const bool impure =
        std::find(kImpureHeaders.begin(), kImpureHeaders.end(), include.name) != kImpureHeaders.end();
    if (log || impure)
      findings.push_back({file.path, include.line, folder + " is pure: no " + include.name + " in it"});
  }
  for (const std::string_view word : {"now", "this_thread", "rand"}) {
    for (const auto at : find_words(file.code, word)) {
      const auto call = file.code.substr(at, word.size() + 1);
      const bool asked = word == "this_thread" || call.ends_with('(');
      const bool scoped = at >= 2 && file.code.compare(at - 2, 2, "::") == 0;
      if (asked && scoped)
        findings.push_back({file.path, file.line_of(at), folder + " is pure: time and chance are passed in"});
    }
  }
  return findings;
}

std::vector<Finding> check_header(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!file.is_header()) return findings;
  if (!file.text.starts_with("#pragma once\n"))
    findings.push_back({file.path, 1, "a header begins with #pragma once"});
  if (const auto at = file.code.find("\nusing namespace"); at != std::string::npos)
    findings.push_back({file.path, file.line_of(at + 1), "using namespace in a header"});
  if (!file.path.starts_with("include/")) return findings;
  const auto text = lines_of(file.text);
  const auto code = lines_of(file.code);
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (!defines_type(code[i])) continue;
    std::size_t above = i;
    while (above > 0 && text[above - 1].starts_with("template")) --above;
    if (above == 0 || !text[above - 1].starts_with("///"))
      findings.push_back({file.path, i + 1, "no /// above a public type: " + text[i]});
  }
  return findings;
}

std::vector<Finding> check_subject(const SourceFile& file) {
  std::vector<Finding> findings;
  const auto slash = file.path.rfind('/');
  const auto name = file.path.substr(slash == std::string::npos ? 0 : slash + 1);
  const auto stem = name.substr(0, name.find('.'));
  for (const auto vague : kVagueNames) {
    const bool whole = stem == vague;
    const bool last = stem.ends_with("_" + std::string{vague});
    if (whole || last) findings.push_back({file.path, 1, "the name does not tell the subject: " + stem});
  }
  const auto lines = static_cast<std::size_t>(std::count(file.text.begin(), file.text.end(), '\n'));
  const auto most = file.path.starts_with("tests/") ? kMaxTestLines : kMaxLines;
  if (lines > most)
    findings.push_back({file.path, lines, "longer than " + std::to_string(most) + " lines: split it"});
  return findings;
}

}  // namespace levee::rules
