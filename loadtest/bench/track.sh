#!/usr/bin/env bash
# The rate policy of tracked devices against fixed rates and the strongest simple rule, over made traces in
# virtual time: no clock is read, so the figures are the same on every machine.
set -e
cmake --build build/release --target track_figures >&2
build/release/tests/track_figures
