# Building. Sourced by ./dev.
# shellcheck shell=bash

# Nothing is kept outside the clone: a compiler cache lies in it, or there is none.
export CCACHE_DIR=$root/.cache/ccache
if [ -d "$CCACHE_DIR" ] && command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_SLOPPINESS=pch_defines,time_macros
else
  unset CMAKE_CXX_COMPILER_LAUNCHER
fi

# compile PRESET TARGET...: configures when needed, then builds (no target: everything), as far as it can: one file that
# does not compile shall not hide what the others' tests say.
compile() {
  local preset=$1 targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  say "Building ${*:-everything} (preset $preset)"
  quietly "configure-$preset" cmake --preset "$preset" && cmake --build "build/$preset" "${targets[@]}" -- -k 0
}

# The packages of web/, as its lock file names them. Installed again only when that file changed.
install_web() {
  [ -f web/package-lock.json ] || return 0
  local stamp=web/node_modules/.levee-lock
  cmp -s web/package-lock.json "$stamp" && return 0
  say 'Installing the packages of web/ from npm'
  local attempt
  for attempt in 1 2 3; do
    if quietly npm-ci env npm_config_cache="$root/.cache/npm" npm ci --prefix web --no-audit --no-fund; then break; fi
    [ "$attempt" -lt 3 ] || fail 'npm ci failed three times'
    sleep $((attempt * 3)) # a registry that is slow for a moment
  done
  cp web/package-lock.json "$stamp"
}

verb_build() {
  local preset=release
  while [ $# -gt 0 ]; do
    case $1 in
      --preset) preset=${2:?--preset needs a name}; shift ;;
      --preset=*) preset=${1#*=} ;;
      *) fail "build: unknown option '$1'" ;;
    esac
    shift
  done
  install_for build
  [ "$preset" != clang ] || install_for test
  if [ "$preset" = release ]; then
    compile release programs || fail 'the build failed'
  else
    compile "$preset" || fail 'the build failed'
  fi
  say "Built: build/$preset/"
}
