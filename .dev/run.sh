# Running levee with something to see. Sourced by ./dev.
# shellcheck shell=bash

# setting KEY DEFAULT ARGUMENTS...: the value levee will use: --set, else the environment, else the file, else DEFAULT.
setting() {
  local key=$1 value=$2 variable
  shift 2
  value=$(section=${key%.*} name=${key##*.} awk -v value="$value" '
    /^\[/ { inside = ($0 ~ "^\\[" ENVIRON["section"] "\\]") }
    inside && $1 == ENVIRON["name"] && $2 == "=" { value = $3 }
    END { print value }' "$run_config")
  variable=LEVEE_${key//./_}
  variable=${variable^^}
  value=${!variable:-$value}
  while [ $# -gt 0 ]; do
    case $1 in
      --set) [[ ${2:-} == "$key="* ]] && value=${2#*=} ;;
      --set="$key"=*) value=${1#*=*=} ;;
    esac
    shift
  done
  printf '%s' "$value"
}

is_listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# http_get PORT PATH: the answer, head and body.
http_get() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    timeout 5 cat <&3
  ) 2>/dev/null
}

start_levee() {
  # In a session of its own: Ctrl-C reaches this script alone, which then stops everything in order.
  setsid build/release/levee --config "$run_config" "$@" &
  levee_pid=$!
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    sleep 0.1
    kill -0 "$levee_pid" 2>/dev/null || { levee_pid=; fail 'levee did not start; its log above says why'; }
    [[ $(http_get "$http_port" /readyz) == HTTP/1.1\ 200* ]] && return 0
  done
  fail 'levee did not become ready within 10 s'
}

# A moving picture with the time of day and the time since its start burnt in, and a beep a second.
start_test_stream() {
  local font=/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf
  local box='box=1:boxcolor=black@0.6:boxborderw=12:fontcolor=white'
  local text="drawtext=fontfile=$font:text='%{localtime\\:%H\\\\\\:%M\\\\\\:%S}':x=40:y=40:fontsize=72:$box"
  text+=",drawtext=fontfile=$font:text='%{pts\\:hms}':x=40:y=150:fontsize=48:$box"
  setsid ffmpeg -hide_banner -loglevel error -nostdin \
    -re -f lavfi -i 'testsrc2=size=1280x720:rate=30' \
    -re -f lavfi -i 'sine=frequency=220:beep_factor=4:sample_rate=48000' \
    -vf "$text" -c:v libx264 -preset veryfast -tune zerolatency -profile:v high -pix_fmt yuv420p \
    -b:v 2500k -maxrate 2500k -bufsize 2500k -g 60 -keyint_min 60 -sc_threshold 0 \
    -c:a aac -b:a 128k -ac 2 -f flv "rtmp://127.0.0.1:$rtmp_port/live/mystream" &
  stream_pid=$!
}

wait_until_playable() {
  local tries
  for ((tries = 0; tries < 200; ++tries)); do
    [[ $(http_get "$http_port" /live/mystream/index.m3u8) == *'#EXTM3U'* ]] && return 0
    kill -0 "$stream_pid" 2>/dev/null || { stream_pid=; fail 'ffmpeg could not publish; its message is above'; }
    sleep 0.1
  done
  fail 'the test stream did not become playable within 20 s'
}

# However ./dev run ends, what it started ends before it.
stop_all() {
  local code=$?
  trap '' INT TERM HUP
  trap - EXIT
  if [ -n "${stream_pid:-}" ]; then
    kill -TERM "$stream_pid" 2>/dev/null || true
    wait "$stream_pid" 2>/dev/null || true
  fi
  if [ -n "${levee_pid:-}" ]; then
    kill -TERM "$levee_pid" 2>/dev/null || true
    wait "$levee_pid" || code=$?
    say 'Stopped.'
  fi
  exit "$code"
}

print_addresses() {
  local page="http://localhost:$http_port"
  cat <<TEXT

${bold}  Watch     $page/watch/mystream
  All       $page/
  Playlist  $page/live/mystream/index.m3u8   (any HLS player)${plain}

  OBS: Settings, Stream, Service "Custom...", Server rtmp://localhost$([ "$rtmp_port" = 1935 ] || echo ":$rtmp_port")/live, Stream Key mystream
TEXT
  if [ -n "${stream_pid:-}" ]; then
    echo '  The test stream is mystream now. For OBS: another key, or start again with ./dev run --no-test-stream.'
  fi
  printf '\n  Ctrl-C ends it.\n\n'
}

verb_run() {
  local test_stream=yes
  run_config=config/levee.toml
  while [ $# -gt 0 ]; do
    case $1 in
      --no-test-stream) test_stream=no ;;
      --config) run_config=${2:?--config needs a file}; shift ;;
      --config=*) run_config=${1#*=} ;;
      --) shift; break ;;
      --set | --set=*) break ;;
      *) fail "run: unknown option '$1' (arguments for levee itself come after --)" ;;
    esac
    shift
  done
  [ -f "$run_config" ] || fail "no such file: $run_config"
  install_for build web run
  install_web
  compile release levee || fail 'the build failed'

  http_port=$(setting http.port 8080 "$@")
  rtmp_port=$(setting rtmp.port 1935 "$@")
  local key
  for key in http.port rtmp.port admin.port; do
    local port
    port=$(setting "$key" 0 "$@")
    if [ "$port" != 0 ] && is_listening "$port"; then
      fail "port $port ($key) is taken by another program. Choose another: ./dev run -- --set $key=$((port + 1000))"
    fi
  done

  levee_pid='' stream_pid=''
  trap stop_all EXIT
  trap 'exit 0' INT TERM HUP
  say 'Starting levee'
  start_levee "$@"
  if [ "$test_stream" = yes ]; then
    say 'Publishing a test picture'
    start_test_stream
    wait_until_playable
  fi
  print_addresses
  watch_over
}

# Until levee ends. A test stream that broke off is started again.
watch_over() {
  while :; do
    wait -n || true
    if ! kill -0 "$levee_pid" 2>/dev/null; then
      local code=0
      wait "$levee_pid" || code=$?
      levee_pid=
      fail "levee ended by itself with exit code $code"
    fi
    if [ -n "$stream_pid" ] && ! kill -0 "$stream_pid" 2>/dev/null; then
      warn 'the test stream broke off; starting it again'
      sleep 2
      start_test_stream
    fi
  done
}
