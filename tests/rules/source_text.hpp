#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace levee::rules {

/// A rule broken at one place.
struct Finding {
  std::string path;
  std::size_t line = 0;
  std::string what;
};

/// As compilers say it: `path:line: what`.
std::string to_string(const Finding& finding);

/// One `#include`: the name between its quotes or angle brackets.
struct Include {
  std::size_t line = 0;
  std::string name;
  bool quoted = false;
};

/// A source file as the rules see it.
struct SourceFile {
  std::string path;  ///< relative to the top of the project, with `/`
  std::string text;  ///< as written
  std::string code;  ///< `text` with comments, strings and character literals blanked, same length and lines

  SourceFile(std::string path, std::string text);

  /// The line (from 1) of an offset into `text` or `code`.
  std::size_t line_of(std::size_t offset) const;
  std::vector<Include> includes() const;
  bool is_header() const { return path.ends_with(".hpp") || path.ends_with(".h"); }
};

/// Whether the character may stand in a C++ name.
bool is_name_char(char c);

/// Every offset at which `word` stands in `code` as a whole name.
std::vector<std::size_t> find_words(std::string_view code, std::string_view word);

/// Every C++ file below `folders` of the project at `root`, in the order of their paths.
std::vector<SourceFile> read_sources(const std::string& root, const std::vector<std::string>& folders);

}  // namespace levee::rules
