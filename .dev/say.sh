# Telling people what happens. Sourced by ./dev.
# shellcheck shell=bash

if [ -t 1 ]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' plain=$'\e[0m'
else
  bold='' red='' green='' yellow='' plain=''
fi

clock() {
  printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# say TEXT: what is being done now, with the time since the start.
say() {
  printf '%s==> [%s] %s%s\n' "$bold" "$(clock $SECONDS)" "$*" "$plain"
}

# fail TEXT: tells what went wrong and ends.
fail() {
  printf '%s!!! %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

warn() {
  printf '%s--- %s%s\n' "$yellow" "$*" "$plain" >&2
}

# quietly NAME COMMAND...: runs a command with its output in build/log/NAME.log, which is shown when it fails.
quietly() {
  local name=$1 log=build/log/$1.log
  shift
  mkdir -p build/log
  if "$@" >"$log" 2>&1; then return 0; fi
  tail -n 40 "$log" >&2
  warn "$name failed; all of its output is in $log"
  return 1
}
