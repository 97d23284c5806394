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

# Writes the sources of each folder as one file into build/tidy/, with how it is compiled. clang-tidy then reads the
# headers of the standard library once a folder: with one source at a time they were most of its work. By their name the
# analyzer knows such files, and takes what they include for the source itself.
unify_sources() {
  local folder=build/tidy file name command separator='['
  declare -A files=()
  rm -rf "$folder" && mkdir -p "$folder" || return 1
  while read -r file; do
    name=${file#src/} name=UnifiedSource-${name%%/*}.cpp
    if [ -z "${files[$name]:-}" ]; then
      files[$name]=$file
      command=$(grep -m 1 -F -- " -c $root/$file\"" build/clang/compile_commands.json) || return 1
      printf '%s{"directory": "%s",\n %s\n "file": "%s"}' "$separator" "$root/build/clang" \
        "${command//"$root/$file"/"$root/$folder/$name"}" "$root/$folder/$name" >>"$folder/compile_commands.json"
      separator=,
    fi
    printf '#include "%s" // NOLINT(bugprone-suspicious-include)\n' "$root/$file" >>"$folder/$name"
  done < <(tidy_sources)
  echo ']' >>"$folder/compile_commands.json"
}

check_tidy() {
  quietly configure-clang cmake --preset clang && unify_sources || return 1
  # The longest first: two cores are then busy to the end.
  wc -l build/tidy/*.cpp | sort -rn | sed -n 's/^.* \(build.*\)/\1/p' |
    xargs -r -P "$(nproc)" -n 1 clang-tidy-16 --quiet -p build/tidy --warnings-as-errors='*' 2>/dev/null
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
