#include "fanout/dialect.hpp"

#include <charconv>

#include <spdlog/fmt/fmt.h>

namespace levee::fanout {
namespace {

constexpr std::size_t kTextBytes = 200;
// Stands around the number; in none of the texts that levee puts before it.
constexpr char kMark = '~';

/// The number that begins at `at`; 0 where none does.
std::uint64_t number_at(std::string_view text, std::size_t at) {
  std::uint64_t number = 0;
  if (at < text.size()) std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

/// The number after `name`, such as "\"o\":".
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  return number_at(text, at + name.size());
}

/// The text after `name`, up to the next quotation mark.
std::string_view text_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  const auto rest = text.substr(at + name.size());
  return rest.substr(0, rest.find('"'));
}

Heard read_message(std::string_view frame, std::optional<std::uint64_t> offset) {
  const auto mark = frame.find(kMark);
  if (mark == std::string_view::npos) return {};
  return {.kind = Heard::Kind::message, .number = number_at(frame, mark + 1), .offset = offset};
}

}  // namespace

std::string message_text(std::uint64_t number) {
  auto text = fmt::format("{}{:08}{}", kMark, number, kMark);
  text.resize(kTextBytes, 'x');
  return text;
}

std::string hello_text(std::string_view channel, const Whereabouts& was) {
  if (was.token.empty())
    return fmt::format(R"({{"op":"hello","v":1,"nick":"load","subs":[{{"ch":"{}"}}]}})", channel);
  return fmt::format(
      R"({{"op":"hello","v":1,"nick":"load","resume":"{}","subs":[{{"ch":"{}","pos":{{"e":"{}","o":{}}}}}]}})",
      was.token, channel, was.epoch, was.offset);
}

std::string publish_text(Dialect dialect, std::string_view channel, std::string_view text) {
  if (dialect == Dialect::plain) return std::string{text};
  return fmt::format(R"({{"op":"pub","ch":"{}","d":{{"text":"{}"}}}})", channel, text);
}

Heard read_frame(Dialect dialect, std::string_view frame) {
  using Kind = Heard::Kind;
  if (dialect == Dialect::plain) return frame.starts_with(kMark) ? read_message(frame, {}) : Heard{};
  if (frame.starts_with(R"({"ch":)")) return read_message(frame, number_after(frame, R"("o":)"));
  if (frame.starts_with(R"({"hello":)"))
    return {.kind = Kind::greeting, .text = text_after(frame, R"("resume":")")};
  if (frame.starts_with(R"({"gap":)")) return {.kind = Kind::gap, .offset = number_after(frame, R"("o":)")};
  if (frame.starts_with(R"({"err":)")) return {.kind = Kind::refused};
  if (!frame.starts_with(R"({"sync":)")) return {};
  return {.kind = Kind::started,
          .offset = number_after(frame, R"("o":)"),
          .from = number_after(frame, R"("from":)").value_or(0),
          .recovered = frame.find(R"("recovered":true)") != std::string_view::npos,
          .text = text_after(frame, R"("e":")")};
}

}  // namespace levee::fanout
