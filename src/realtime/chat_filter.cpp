#include "levee/realtime/chat_filter.hpp"

#include <algorithm>

namespace levee::realtime {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

// Letters and digits; every byte of a character above ASCII is taken for a letter.
bool is_part_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool begins = at == 0 || !is_part_of_word(text[at - 1]);
    const bool ends = end == text.size() || !is_part_of_word(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

WordFilter::WordFilter(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (!word.empty()) words_.push_back(lowered(word));
  }
}

bool WordFilter::allows(std::string_view, std::string_view, std::string_view text) const {
  if (words_.empty()) return true;
  const auto low = lowered(text);
  return std::ranges::none_of(words_, [&](const std::string& word) { return has_word(low, word); });
}

}  // namespace levee::realtime
