#include "source_text.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace levee::rules {
namespace {

// Blanks [from, to), keeping the ends of lines.
void blank(std::string& code, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (code[i] != '\n') code[i] = ' ';
  }
}

std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

// `begin` is at the quote of R"delimiter(...)delimiter".
std::size_t end_of_raw(std::string_view text, std::size_t begin) {
  const auto open = text.find('(', begin);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string{text.substr(begin + 1, open - begin - 1)} + "\"";
  const auto end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

// An apostrophe between digits groups them (10'000); elsewhere it opens a character.
bool groups_digits(std::string_view text, std::size_t at) {
  return at > 0 && at + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at - 1])) != 0 &&
         std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0;
}

std::string strip(const std::string& text) {
  std::string code = text;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    bool outside = true;
    if (text.compare(i, 2, "//") == 0) {
      end = std::min(text.find('\n', i), text.size());
      outside = false;
    } else if (text.compare(i, 2, "/*") == 0) {
      const auto close = text.find("*/", i + 2);
      end = close == std::string::npos ? text.size() : close + 2;
      outside = false;
    } else if (text[i] == '"') {
      end = i > 0 && text[i - 1] == 'R' ? end_of_raw(text, i) : end_of_quoted(text, i);
      outside = false;
    } else if (text[i] == '\'' && !groups_digits(text, i)) {
      end = end_of_quoted(text, i);
      outside = false;
    }
    if (!outside) blank(code, i, end);
    i = end;
  }
  return code;
}

}  // namespace

std::string to_string(const Finding& finding) {
  return finding.path + ":" + std::to_string(finding.line) + ": " + finding.what;
}

SourceFile::SourceFile(std::string path_, std::string text_)
    : path{std::move(path_)}, text{std::move(text_)}, code{strip(text)} {}

std::size_t SourceFile::line_of(std::size_t offset) const {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

std::vector<Include> SourceFile::includes() const {
  std::vector<Include> found;
  std::istringstream lines{text};
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (!line.starts_with("#include ")) continue;
    const auto open = line.find_first_of("<\"");
    if (open == std::string::npos) continue;
    const bool quoted = line[open] == '"';
    const auto close = line.find(quoted ? '"' : '>', open + 1);
    if (close == std::string::npos) continue;
    found.push_back({number, line.substr(open + 1, close - open - 1), quoted});
  }
  return found;
}

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::vector<std::size_t> find_words(std::string_view code, std::string_view word) {
  std::vector<std::size_t> found;
  for (auto at = code.find(word); at != std::string_view::npos; at = code.find(word, at + 1)) {
    const auto end = at + word.size();
    if (at > 0 && is_name_char(code[at - 1])) continue;
    if (end < code.size() && is_name_char(code[end])) continue;
    found.push_back(at);
  }
  return found;
}

std::vector<SourceFile> read_sources(const std::string& root, const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  for (const auto& folder : folders) {
    const fs::path top = fs::path{root} / folder;
    if (!fs::exists(top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator{top}) {
      const auto extension = entry.path().extension();
      if (extension == ".hpp" || extension == ".h" || extension == ".cpp")
        paths.push_back(fs::relative(entry.path(), root).generic_string());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<SourceFile> files;
  for (auto& path : paths) {
    std::ifstream in{fs::path{root} / path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    files.emplace_back(std::move(path), text.str());
  }
  return files;
}

}  // namespace levee::rules
