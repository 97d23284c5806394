# The Debian packages that each kind of work needs, and their installation. Sourced by ./dev.
# shellcheck shell=bash

declare -A packages=(
  [build]='g++ cmake ninja-build pkg-config libboost1.81-dev libspdlog-dev nlohmann-json3-dev libtomlplusplus-dev
           libssl-dev zlib1g-dev libhiredis-dev libsrt-gnutls-dev libavformat-dev libavcodec-dev libavutil-dev
           libswscale-dev libswresample-dev libgtest-dev libgmock-dev'
  [run]='ffmpeg fonts-dejavu-core'
  [test]='clang-16 libclang-rt-16-dev redis-server ffmpeg'
  [e2e]='obs-studio obs-plugins xvfb chromium ffmpeg fonts-dejavu-core'
  [containers]='podman podman-compose runc netavark aardvark-dns iptables debootstrap'
  [lint]='clang-16 clang-format-16 clang-tidy-16 shellcheck'
  [bench]='nginx-light libnginx-mod-nchan libnginx-mod-rtmp redis-server ffmpeg chromium fonts-dejavu-core'
)
# A package that another one may stand in for.
declare -A stand_in=([nginx-light]='nginx-core nginx-full nginx-extras')

is_installed() {
  local name
  for name in $1 ${stand_in[$1]:-}; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] && return 0
  done
  return 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root and there is no sudo: $*"
  fi
}

# install_for PURPOSE...: installs what is missing. Touches apt only when something is.
install_for() {
  local purpose name missing=()
  for purpose in "$@"; do
    for name in ${packages[$purpose]}; do
      is_installed "$name" || missing+=("$name")
    done
  done
  # Node.js from elsewhere brings npm along; Debian's does not.
  if [[ " $* " == *' web '* ]]; then
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
  fi
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "not a Debian; install by hand: ${missing[*]}"
  say "Installing ${#missing[@]} packages with apt: ${missing[*]}"
  quietly apt-update as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q || fail 'apt-get update failed'
  # shellcheck disable=SC2046  # one word a package
  quietly apt-install as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    $(printf '%s\n' "${missing[@]}" | sort -u) || fail 'apt-get install failed'
}
packages[web]=''
