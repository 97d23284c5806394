#include "surge/realtime_text.hpp"

#include <charconv>

namespace levee::surge {
namespace {

std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<std::int64_t> number_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  return take_number(text);
}

std::string_view text_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  const auto rest = text.substr(at + name.size());
  return rest.substr(0, rest.find('"'));
}

std::optional<WaitWindow> window_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  auto rest = text.substr(at + name.size());
  if (rest.starts_with('[')) rest.remove_prefix(1);
  const auto from = take_number(rest);
  if (!from || rest.empty()) return {};
  rest.remove_prefix(1);
  const auto to = take_number(rest);
  if (!to || *to < *from) return {};
  return WaitWindow{*from, *to};
}

}  // namespace levee::surge
