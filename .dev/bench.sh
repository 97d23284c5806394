# Measuring. Sourced by ./dev.
# shellcheck shell=bash

machine() {
  printf '%s, %s cores, %s, Linux %s' \
    "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
    "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" "$(uname -r)"
}

# write_section NAME FILE: replaces what stands in docs/performance.md between the markers of NAME.
write_section() {
  local name=$1 section=$2 document=docs/performance.md
  grep -q "^<!-- bench:$name -->\$" "$document" || fail "$document has no marker <!-- bench:$name -->"
  awk -v name="$name" -v section="$section" '
    $0 == "<!-- /bench:" name " -->" { skipping = 0 }
    !skipping { print }
    $0 == "<!-- bench:" name " -->" {
      while ((getline line < section) > 0) print line
      skipping = 1
    }' "$document" >"$document.new"
  mv "$document.new" "$document"
}

# Each loadtest/bench/NAME.sh or NAME.mjs measures one thing and prints a section in Markdown.
verb_bench() {
  local script name count=0 failed=0 section
  install_for build web bench
  install_web
  compile release programs || fail 'the build failed'
  mkdir -p build/bench
  for script in loadtest/bench/*.sh loadtest/bench/*.mjs; do
    [ -f "$script" ] || continue
    name=$(basename "${script%.*}")
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    count=$((count + 1))
    say "Measuring $name"
    section=build/bench/$name.md
    local runner=bash
    [[ $script == *.mjs ]] && runner=node
    if "$runner" "$script" >"$section.raw"; then
      # shellcheck disable=SC2016  # the backticks are Markdown's
      { cat "$section.raw"; printf '\nMeasured %s by `./dev bench %s` on %s.\n' "$(date -u +%F)" "$name" "$(machine)"; } >"$section"
      cat "$section"
      write_section "$name" "$section"
    else
      failed=$((failed + 1))
      warn "$name could not be measured; docs/performance.md keeps its old figures"
    fi
  done
  [ "$count" -gt 0 ] || fail "no such bench: $*"
  say "Measured $((count - failed)) of $count; the figures are in docs/performance.md"
  [ "$failed" -eq 0 ]
}
