#include "levee/stream/publish_policy.hpp"

#include <algorithm>
#include <cstddef>

namespace levee::stream {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The key without what encoders append to it ("key?token=x").
std::string_view bare_key(std::string_view key) { return key.substr(0, key.find('?')); }

/// Compares all of both, wherever they differ; only their lengths show in the time taken.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  return difference == 0;
}

}  // namespace

bool is_stream_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !is_letter_or_digit(name.front())) return false;
  return std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
}

void OpenPolicy::authorize(const PublishRequest& request, std::function<void(Result<std::string>)> answer) {
  const auto name = bare_key(request.key);
  if (!is_stream_name(name)) return answer(Errc::bad_name);
  answer(std::string{name});
}

void KeyListPolicy::authorize(const PublishRequest& request,
                              std::function<void(Result<std::string>)> answer) {
  const auto key = bare_key(request.key);
  const Key* found = nullptr;
  for (const auto& each : keys_) {
    if (equal_in_constant_time(each.key, key)) found = &each;
  }
  if (found == nullptr || key.empty()) return answer(Errc::unknown_key);
  answer(found->name);
}

}  // namespace levee::stream
