#!/bin/sh
# Run busted inside an nginx worker: sh spec/hosts/nginx_busted.sh [BUSTED ARGUMENT...]
# Its exit status is busted's; 70 when nginx found something to warn about.
set -u

KLING_TREE=$(pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
KLING_ARGUMENTS=$folder/arguments
printf '%s\n' "$@" >"$KLING_ARGUMENTS"
export KLING_TREE KLING_ARGUMENTS

nginx -p "$folder" -c "$KLING_TREE/spec/hosts/nginx_busted.conf" -e error.log
status=$?
if [ -s "$folder/error.log" ]; then
  echo "nginx's error.log:" >&2
  cat "$folder/error.log" >&2
  [ "$status" != 0 ] || status=70
fi
exit "$status"
