#!/bin/sh
# Run busted inside Neovim: sh spec/hosts/neovim_busted.sh [BUSTED ARGUMENT...]
# Its exit status is busted's.
set -u

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
KLING_ARGUMENTS=$folder/arguments
printf '%s\n' "$@" >"$KLING_ARGUMENTS"
export KLING_ARGUMENTS
# Nothing of the user's: no settings, no plugins, no shared data.
export XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder" XDG_STATE_HOME="$folder"

nvim --headless -u NONE -i NONE -n -c "luafile spec/hosts/neovim_busted.lua"
