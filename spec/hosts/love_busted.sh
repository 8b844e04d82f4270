#!/bin/sh
# Run busted inside LÖVE, in a window nobody sees: sh spec/hosts/love_busted.sh [BUSTED ARGUMENT...]
# Its exit status is busted's.
set -u

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
KLING_ARGUMENTS=$folder/arguments
printf '%s\n' "$@" >"$KLING_ARGUMENTS"
export KLING_ARGUMENTS XDG_DATA_HOME="$folder" ALSOFT_DRIVERS=null LIBGL_ALWAYS_SOFTWARE=1

xvfb-run -a love spec/hosts/love_busted
