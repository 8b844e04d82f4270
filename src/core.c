/* core.c - what `require "kling.core"` returns. A table of contents: each part
 * of the library adds its own functions from its own file. */
#define _POSIX_C_SOURCE 200809L
#include <curl/curl.h>
#include <errno.h>
#include <unistd.h>

#include "address.h"
#include "client.h"
#include "clip.h"
#include "clock.h"
#include "compat.h"
#include "console.h"
#include "error.h"
#include "handle.h"
#include "hmac.h"
#include "json.h"
#include "private.h"
#include "random.h"
#include "reply.h"
#include "reset.h"
#include "sink.h"
#include "stay.h"
#include "version.h"

/* All else is hidden: calls within the core need not look for it. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int luaopen_kling_core(lua_State *L);

static int core_now(lua_State *L) { /* Lua: core.now() */
  lua_pushnumber(L, kling_clock_now());
  return 1;
}

static int core_uuid(lua_State *L) { /* Lua: core.uuid() */
  char uuid[UUID_SIZE];
  kling_random_uuid(uuid);
  lua_pushstring(L, uuid);
  return 1;
}

static int core_wall(lua_State *L) { /* Lua: core.wall(): Unix seconds */
  lua_pushnumber(L, kling_clock_wall());
  return 1;
}

static int core_pid(lua_State *L) { /* Lua: core.pid() */
  lua_pushinteger(L, getpid());
  return 1;
}

/* true; or nil and errno's words. */
static int push_whether(lua_State *L, bool ok) {
  int error = errno;
  if (ok) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(error));
  return 2;
}

static int core_make_folder(lua_State *L) { /* Lua: core.make_folder(path) */
  return push_whether(L, kling_sink_make_folder(luaL_checkstring(L, 1)));
}

/* Lua: core.create_private(path) */
static int core_create_private(lua_State *L) {
  return push_whether(L, kling_private_create(luaL_checkstring(L, 1)));
}

static int core_is_loopback(lua_State *L) { /* Lua: core.is_loopback(host) */
  lua_pushboolean(L, kling_address_is_loopback_host(luaL_checkstring(L, 1)));
  return 1;
}

static int core_sha256(lua_State *L) { /* Lua: core.sha256(bytes) */
  struct sha256 h;
  char digest[SHA256_HEX];
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  kling_sha256_start(&h);
  kling_sha256_add(&h, bytes, len);
  kling_sha256_hex(&h, digest);
  lua_pushstring(L, digest);
  return 1;
}

/* Lua: core.hmac_sha256(key, bytes): the 32 bytes as they are */
static int core_hmac_sha256(lua_State *L) {
  unsigned char digest[SHA256_BYTES];
  size_t key_len, len;
  const char *key = luaL_checklstring(L, 1, &key_len);
  const char *bytes = luaL_checklstring(L, 2, &len);
  kling_hmac_sha256(key, key_len, bytes, len, digest);
  lua_pushlstring(L, (const char *)digest, sizeof(digest));
  return 1;
}

static int core_equal(lua_State *L) { /* Lua: core.equal(secret, text) */
  size_t a_len, b_len;
  const char *a = luaL_checklstring(L, 1, &a_len);
  const char *b = luaL_checklstring(L, 2, &b_len);
  lua_pushboolean(L, a_len == b_len && kling_hmac_equal(a, b, a_len));
  return 1;
}

static const luaL_Reg functions[] = {
    {"create_private", core_create_private},
    {"equal",          core_equal         },
    {"hmac_sha256",    core_hmac_sha256   },
    {"is_loopback",    core_is_loopback   },
    {"make_folder",    core_make_folder   },
    {"now",            core_now           },
    {"pid",            core_pid           },
    {"sha256",         core_sha256        },
    {"uuid",           core_uuid          },
    {"wall",           core_wall          },
    {NULL,             NULL               },
};

static void add_errors(lua_State *L) {
  int e;
  lua_newtable(L);
  for (e = KLING_OK + 1; e < KLING_ERROR_COUNT; e++) {
    lua_pushstring(L, kling_error_meaning((enum kling_error)e));
    lua_setfield(L, -2, kling_error_code((enum kling_error)e));
  }
  lua_setfield(L, -2, "errors");
}

/* Not curl_version(): through OpenLDAP it asks the resolver for this machine's
 * name, and a resolver that is silent would hold whoever requires us. */
static void push_curl(lua_State *L) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  lua_pushfstring(L, "libcurl/%s %s", info->version,
                  info->ssl_version ? info->ssl_version : "without TLS");
}

int luaopen_kling_core(lua_State *L) {
  kling_check_lua(L);
  kling_stay_loaded();
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return luaL_error(L, "kling: libcurl failed to start");
  }
  kling_json_open(L);
  lua_newtable(L);
  kling_setfuncs(L, functions);
  kling_client_open(L);
  kling_handle_open(L);
  kling_reply_open(L);
  kling_clip_open(L);
  kling_console_open(L);
  kling_reset_open(L);
  add_errors(L);
  lua_pushliteral(L, KLING_VERSION);
  lua_setfield(L, -2, "version");
  push_curl(L);
  lua_setfield(L, -2, "curl");
  return 1;
}
