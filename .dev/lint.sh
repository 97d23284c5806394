# Formatting and static analysis. Sourced by ./dev.
# shellcheck shell=bash

cpp_sources() {
  find include src tests loadtest \( -name '*.cpp' -o -name '*.hpp' \) -print 2>/dev/null | sort
}

verb_format() {
  install_for lint
  cpp_sources | xargs -r clang-format-16 -i
  say 'Formatted.'
}

# What clang-tidy reads: every source of ours that clang compiles without Asio in it, and so within a second or two.
# The others would take it minutes each on a small machine; -Wall -Wextra -Wconversion, ASan, UBSan and TSan cover them.
tidy_sources() {
  find src -name '*.cpp' -print | sort | while read -r file; do
    uses_asio "$file" || echo "$file"
  done
}

# uses_asio FILE: whether it or a header of ours that it includes, at any depth, names Asio, Beast or a coroutine.
declare -A asio_users=()
uses_asio() {
  local file=$1 header found=1
  if [ -n "${asio_users[$file]:-}" ]; then return "${asio_users[$file]}"; fi
  asio_users[$file]=1
  if grep -qE '^#include <(boost/(asio|beast)|nlohmann/|toml)' "$file"; then
    found=0
  else
    while read -r header; do
      for header in "include/$header" "src/$header"; do
        if [ -f "$header" ] && uses_asio "$header"; then found=0; fi
      done
    done < <(sed -n 's/^#include "\(.*\)"/\1/p' "$file")
  fi
  asio_users[$file]=$found
  return "$found"
}

# check NAME COMMAND...: runs one check and keeps count.
check() {
  local name=$1 start=$SECONDS
  shift
  say "Lint: $name"
  if "$@"; then
    lint_passed=$((lint_passed + 1))
    printf '%sok%s (%s)\n' "$green" "$plain" "$(clock $((SECONDS - start)))"
  else
    lint_failed=$((lint_failed + 1))
    printf '%sFAILED%s: %s\n' "$red" "$plain" "$name"
  fi
}

check_format() {
  cpp_sources | xargs -r clang-format-16 --dry-run --Werror
}

check_tidy() {
  quietly configure-clang cmake --preset clang || return 1
  tidy_sources | xargs -r -P "$(nproc)" -n 4 clang-tidy-16 --quiet -p build/clang --warnings-as-errors='*' 2>/dev/null
}

check_shell() {
  shellcheck --external-sources --severity=style dev .ci/run
}

check_rules() {
  cmake --build build/clang --target rules && build/clang/tests/rules/rules --gtest_brief=1
}

verb_lint() {
  [ $# -eq 0 ] || fail "lint: unknown option '$1'"
  install_for build lint
  lint_passed=0 lint_failed=0
  check 'formatting (./dev format mends it)' check_format
  check 'shell scripts' check_shell
  check 'clang-tidy' check_tidy
  check 'rules of the house' check_rules
  say "Lint: $lint_passed passed, $lint_failed failed"
  [ "$lint_failed" -eq 0 ]
}
