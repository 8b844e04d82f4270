#!/bin/sh
# Starts the site in a folder of its own; Ctrl-C ends it.
#
#     COMETAPI_KEY=... sh examples/openresty/run.sh [FOLDER]
#
# FOLDER: for logs and the clips' files; default: kling-site, here
# PORT: default 8080
# KLING_CALLBACK_URL: https address that leads to /callback here, if there is one
set -eu
: "${COMETAPI_KEY:?set it to your key}"

here=$(cd "$(dirname "$0")" && pwd)
tree=$here/../..
folder=${1:-kling-site}
mkdir -p "$folder/files"
folder=$(cd "$folder" && pwd)

make -s -C "$tree" LUA=luajit
eval "$(make -s -C "$tree" env LUA=luajit)"

for part in lua handlers page; do
  ln -sfn "$here/$part" "$folder/$part"
done
sed "s/:8080;/:${PORT:-8080};/" "$here/nginx.conf" >"$folder/nginx.conf"

# Signs the addresses that callbacks come to; all workers need the same one.
if [ -z "${KLING_CALLBACK_KEY:-}" ]; then
  KLING_CALLBACK_KEY=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
fi
export COMETAPI_KEY KLING_CALLBACK_KEY

nginx=nginx
modules=
if command -v openresty >/dev/null; then
  nginx=openresty
else
  for module in ndk_http_module ngx_http_lua_module; do # in this order
    modules="$modules load_module /usr/lib/nginx/modules/$module.so;"
  done
fi
user=
if [ "$(id -u)" = 0 ]; then
  user=" user root;" # else the workers are nobody, and may not read the tree
fi

echo "http://127.0.0.1:${PORT:-8080}/"
exec "$nginx" -p "$folder/" -c nginx.conf -g "$modules$user"
