#include "coroutine_rules.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace levee::rules {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::size_t kNone = std::string_view::npos;

bool opens(char c) { return c == '(' || c == '['; }
bool closes(char c) { return c == ')' || c == ']'; }

// The offset of the last visible character before `at`.
std::size_t visible_before(std::string_view code, std::size_t at) {
  return at == 0 ? kNone : code.find_last_not_of(kSpaces, at - 1);
}

// The name that ends at `last`, or nothing.
std::string_view name_ending_at(std::string_view code, std::size_t last) {
  std::size_t begin = last + 1;
  while (begin > 0 && is_name_char(code[begin - 1])) --begin;
  return code.substr(begin, last + 1 - begin);
}

bool awaits_own_coroutine(std::string_view code, std::size_t operand) {
  const auto begin = code.find_first_not_of(kSpaces, operand);
  if (begin == kNone) return false;
  const auto end = code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_:", begin);
  const auto name = code.substr(begin, end == kNone ? kNone : end - begin);
  return name.ends_with("this_coro::executor");
}

// Whether the `{` at `brace` opens a block, not an initializer: what stands before tells.
bool opens_block(std::string_view code, std::size_t brace) {
  const auto before = visible_before(code, brace);
  if (before == kNone) return true;
  const char last = code[before];
  if (last == ')' || last == ';' || last == '{' || last == '}' || last == '>' || last == ':') return true;
  const auto name = name_ending_at(code, before);
  for (const std::string_view keyword : {"else", "do", "try", "const", "noexcept", "mutable"}) {
    if (name == keyword) return true;
  }
  return false;
}

// Whether an unmatched parenthesis is open at `at`, looking back to the start of the statement.
bool inside_parentheses(std::string_view code, std::size_t at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i-- > 0;) {
    const char c = code[i];
    if (closes(c)) ++depth;
    if (opens(c)) {
      if (depth == 0) return true;
      --depth;
    }
    if (depth == 0 && (c == ';' || c == '{' || c == '}')) return false;
  }
  return false;
}

// What is wrong with where the co_await stands.
std::optional<std::string> wrong_place(std::string_view code, std::size_t at) {
  const std::string alone = "co_await must stand alone in its statement";
  const auto before = visible_before(code, at);
  if (before == kNone) return {};
  const char last = code[before];
  if (inside_parentheses(code, at)) return alone;
  if (last == ';' || last == '}' || last == ')') return {};
  if (last == '{') return opens_block(code, before) ? std::nullopt : std::optional{alone};
  if (last == '=') {
    const char earlier = before > 0 ? code[before - 1] : ' ';
    const bool compares = earlier == '=' || earlier == '!' || earlier == '<' || earlier == '>';
    return compares ? std::optional{alone} : std::nullopt;
  }
  if (last == ':') {
    const auto start = code.find_last_of(";{}", before);
    const auto label = code.substr(start == kNone ? 0 : start + 1, before - (start == kNone ? 0 : start + 1));
    const bool of_switch = !find_words(label, "case").empty() || !find_words(label, "default").empty();
    return of_switch ? std::nullopt : std::optional{alone};
  }
  const auto name = name_ending_at(code, before);
  if (name == "co_return" || name == "else" || name == "do") return {};
  return alone;
}

// The end of the statement: its `;`, or the bracket that closes around it.
std::size_t end_of_statement(std::string_view code, std::size_t from) {
  std::size_t depth = 0;
  for (std::size_t i = from; i < code.size(); ++i) {
    const char c = code[i];
    if (opens(c) || c == '{') ++depth;
    if (closes(c) || c == '}') {
      if (depth == 0) return i;
      --depth;
    }
    if (c == ';' && depth == 0) return i;
  }
  return code.size();
}

// A `[` that follows a name or a bracket indexes; any other one opens a lambda.
bool holds_lambda(std::string_view statement) {
  for (auto at = statement.find('['); at != kNone; at = statement.find('[', at + 1)) {
    const auto before = visible_before(statement, at);
    if (before == kNone) return true;
    const char last = statement[before];
    if (!is_name_char(last) && last != ')' && last != ']') return true;
  }
  return false;
}

// Whether `operand` goes on past the awaited call: `co_await f() && g()`.
bool goes_on(std::string_view operand) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < operand.size(); ++i) {
    const char c = operand[i];
    if (opens(c)) ++depth;
    if (closes(c) && depth > 0) --depth;
    if (depth > 0) continue;
    const auto two = operand.substr(i, 2);
    if (two == "&&" || two == "||" || two == "==" || two == "!=" || c == '+' || c == '?') return true;
  }
  return false;
}

}  // namespace

std::vector<Finding> check_co_await(const SourceFile& file) {
  const std::string_view code = file.code;
  std::vector<Finding> findings;
  const auto found = [&](std::size_t at, std::string what) {
    findings.push_back({file.path, file.line_of(at), std::move(what)});
  };
  for (const auto at : find_words(code, "co_await")) {
    const auto operand = at + std::string_view{"co_await"}.size();
    if (awaits_own_coroutine(code, operand)) continue;
    if (auto wrong = wrong_place(code, at)) {
      found(at, std::move(*wrong));
      continue;
    }
    const auto statement = code.substr(operand, end_of_statement(code, operand) - operand);
    if (statement.find('{') != kNone) found(at, "braces in a statement with co_await: name the object first");
    if (holds_lambda(statement)) found(at, "a lambda in a statement with co_await: name it first");
    if (statement.find('?') != kNone) found(at, "?: in a statement with co_await");
    if (goes_on(statement)) found(at, "co_await must stand alone in its statement");
  }
  return findings;
}

std::vector<Finding> check_spawning(const SourceFile& file) {
  std::vector<Finding> findings;
  for (const auto at : find_words(file.code, "detached"))
    findings.push_back({file.path, file.line_of(at), "detached: nobody would wait for this coroutine"});
  const bool test = file.path.starts_with("tests/");
  const bool waits = file.path == "src/runtime/task_group.cpp" ||
                     file.path == "src/runtime/run_blocking.cpp" ||
                     file.path == "include/levee/runtime/run_on.hpp";
  if (test || waits) return findings;
  for (const auto at : find_words(file.code, "co_spawn"))
    findings.push_back({file.path, file.line_of(at),
                        "co_spawn: coroutines are started by TaskGroup, run_on or run_blocking"});
  return findings;
}

}  // namespace levee::rules
