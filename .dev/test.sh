# Testing. Sourced by ./dev.
# shellcheck shell=bash

passed=0 failed=0 skipped=0 phases=()
file_seconds=600 # for one file of node tests
# Of the end to end tests, those that spend their time waiting for a clock, and measure neither speed nor pictures.
waiting_tests=(tests/integration/{cluster,feeds,metrics,shutdown,tracks}.test.mjs tests/integration/tracks/policy.test.mjs)

# phase TITLE COMMAND...: runs one part of the tests and remembers how long it took.
phase() {
  local title=$1 start=$SECONDS
  shift
  say "$title"
  if ! "$@"; then
    failed=$((failed + 1))
    warn "FAILED: $title"
  fi
  phases+=("$(printf '%8s  %s' "$(clock $((SECONDS - start)))" "$title")")
}

# Says out loud each line of its input: a test that did not run.
tell_skipped() {
  local name
  while read -r name; do warn "SKIPPED: $name"; done
}

attribute() {
  sed -n "/<testsuite/,/>/ s/^.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}

# run_ctest PRESET LABELS [PATTERN]: runs the tests of a build that carry one of the labels, and counts them.
run_ctest() {
  local preset=$1 labels=$2 pattern=${3:-} report=build/$1/report.xml arguments=()
  rm -f "$report"
  [ -z "$pattern" ] || arguments=(-R "$pattern")
  ctest --test-dir "build/$preset" -L "$labels" "${arguments[@]}" -j "$(nproc)" --output-on-failure \
    --no-tests=ignore --output-junit "$root/$report" | grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test .* Passed )' || true
  if [ ! -f "$report" ]; then
    failed=$((failed + 1))
    warn "ctest left no report for the preset $preset"
    return 0
  fi
  local all bad idle
  all=$(attribute tests "$report") bad=$(attribute failures "$report") idle=$(attribute skipped "$report")
  passed=$((passed + all - bad - idle)) failed=$((failed + bad)) skipped=$((skipped + idle))
  tell_skipped < <(grep -oP '<testcase name="\K[^"]+(?=".*status="notrun")' "$report")
}

# run_node FILE [PATTERN]: runs one file of tests and counts them.
run_node() {
  local file=$1 report arguments=()
  report=build/log/$(basename "$file").tap
  mkdir -p build/log
  rm -f "$report"
  [ -z "${2:-}" ] || arguments=(--test-name-pattern "$2")
  local start=$SECONDS code=0
  timeout --kill-after=10 "$file_seconds" node --test --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap \
    --test-reporter-destination="$report" "${arguments[@]}" "$file" | grep -v '^ℹ' || code=${PIPESTATUS[0]}
  local good bad idle
  good=$(sed -n 's/^# pass //p' "$report") bad=$(sed -n 's/^# fail //p' "$report")
  idle=$(sed -n 's/^# skipped //p' "$report")
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0})) skipped=$((skipped + ${idle:-0}))
  tell_skipped < <(sed -n '/# SKIP/ s/^ *ok [0-9]* - //p' "$report")
  if [ "$code" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; then
    failed=$((failed + 1))
    warn "$file ended with exit code $code"
  fi
  printf '    %s  %s\n' "$(clock $((SECONDS - start)))" "$file"
}

run_node_tests() {
  local pattern=$1 file
  shift
  for file in "$@"; do
    [ ! -f "$file" ] || run_node "$file" "$pattern"
  done
}

# start_clang: begins the build with clang++ with the lowest priority, beside tests that leave the processor free. It is a
# process group of its own, with which this script ends however it ends.
start_clang() {
  mkdir -p build/log
  say 'Building with clang++ (preset clang) in the background, into build/log/build-clang.log'
  set -m
  (
    renice -n 19 -p "$BASHPID" >/dev/null
    compile clang
  ) </dev/null >build/log/build-clang.log 2>&1 &
  clang_build=$!
  set +m
  trap 'kill -TERM -- "-$clang_build" 2>/dev/null || true' EXIT
}

await_clang() {
  local code=0
  wait "$clang_build" || code=$?
  trap - EXIT
  [ "$code" -ne 0 ] || return 0
  grep -E '^FAILED|error' build/log/build-clang.log | head -n 40 >&2
  warn 'all of the output is in build/log/build-clang.log'
  return 1
}

unit_tests() {
  local preset=$1 pattern=$2 integration=$3
  phase "Building with g++ (preset $preset)" compile "$preset"
  phase "Unit tests, rules and fuzz corpus (preset $preset)" run_ctest "$preset" 'unit|rules|fuzz' "$pattern"
  [ "$preset" = release ] || return 0
  start_clang
  phase 'Tests of the pages and the client' run_node_tests "$pattern" web/tests/*.test.mjs web/client/tests/*.test.mjs
  if [ "$integration" = yes ]; then
    export LEVEE_BIN=$root/build/$preset/levee
    phase 'End to end: what mostly waits' run_node_tests "$pattern" "${waiting_tests[@]}"
  fi
  phase 'Building with clang++ (preset clang): the rest of it' await_clang
  phase 'Unit tests and fuzz targets with clang++ under ASan and UBSan' run_ctest clang 'unit|fuzz' "$pattern"
}

integration_tests() {
  local preset=$1 pattern=$2 unit=$3 file files=()
  [ "$unit" = yes ] || phase "Building with g++ (preset $preset)" compile "$preset"
  phase "Over real sockets (preset $preset)" run_ctest "$preset" integration "$pattern"
  export LEVEE_BIN=$root/build/$preset/levee
  for file in tests/integration/*.test.mjs tests/integration/*/*.test.mjs; do
    [ "$unit$preset" = yesrelease ] && [[ " ${waiting_tests[*]} " == *" $file "* ]] || files+=("$file")
  done
  phase 'End to end' run_node_tests "$pattern" "${files[@]}"
}

verb_test() {
  local preset=release unit=yes integration=yes containers=no pattern=''
  while [ $# -gt 0 ]; do
    case $1 in
      --asan | --tsan) preset=${1#--} ;;
      --unit) integration=no ;;
      --integration) unit=no ;;
      --containers) containers=yes ;;
      -*) fail "test: unknown option '$1'" ;;
      *) pattern=$1 ;;
    esac
    shift
  done
  [ "$preset" != tsan ] || export TSAN_OPTIONS="suppressions=$root/tests/thread_sanitizer.supp ${TSAN_OPTIONS:-}"
  install_for build web test
  [ "$integration" = no ] || install_for e2e
  if [ "$containers" = yes ]; then
    docker info &>/dev/null || install_for containers
    export LEVEE_CONTAINERS=1
    file_seconds=2400
  fi
  install_web
  [ "$unit" = no ] || unit_tests "$preset" "$pattern" "$integration"
  [ "$integration" = no ] || integration_tests "$preset" "$pattern" "$unit"
  say 'Time by part:'
  printf '%s\n' "${phases[@]}"
  printf '%s%d passed, %d failed, %d skipped%s\n' "$([ "$failed" -eq 0 ] && echo "$green" || echo "$red")" \
    "$passed" "$failed" "$skipped" "$plain"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
