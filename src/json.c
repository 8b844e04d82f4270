/* json.c - lua-cjson as the C core sees it. */
#include "json.h"

#include <string.h>

#include "scan_plain.h"

#define CODEC "kling.json" /* our one entry in the registry */

enum { EXACT_DIGITS = 15 }; /* a double holds every integer of so many */

/* Our own instance: cjson's settings are global to an instance, and the
 * program around us may have changed the shared one. */
void kling_json_open(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson.safe");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "new");
  lua_call(L, 0, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, CODEC);
  lua_pop(L, 1);
}

static void push_codec(lua_State *L, const char *function) {
  lua_getfield(L, LUA_REGISTRYINDEX, CODEC);
  lua_getfield(L, -1, function);
  lua_remove(L, -2);
}

void kling_json_encode(lua_State *L, int index) {
  push_codec(L, "encode");
  lua_pushvalue(L, index);
  lua_call(L, 1, 2); /* the text, or nil and why */
  if (lua_isnil(L, -2)) {
    luaL_error(L, "cannot be written as JSON: %s", lua_tostring(L, -1));
  }
  lua_pop(L, 1);
}

/* --- making a text safe for cjson --- */

/* Each writes what stands at `at` to `out` and returns behind what it wrote. */

static char *put(char *out, const char *bytes, size_t len) {
  memcpy(out, bytes, len);
  return out + len;
}

static size_t string_len(const char *at, const char *end) {
  const char *start = at;
  at = kling_scan_skip_plain(at + 1, end);
  while (at < end && *at != '"') {
    at = kling_scan_skip_plain(at + (*at == '\\' ? 2 : 1), end);
  }
  return (size_t)(at + 1 - start);
}

static bool is_surrogate(const char *at, const char *end, const char *second) {
  return end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
         (at[2] == 'd' || at[2] == 'D') && strchr(second, at[3]);
}

/* Half a surrogate pair is well formed JSON, but cjson refuses the text. */
static char *put_string(char *out, const char *at, size_t len) {
  const char *end = at + len;
  if (!memchr(at, '\\', len)) {
    return put(out, at, len);
  }
  while (at < end) {
    size_t n = *at == '\\' ? 2 : 1;
    if (is_surrogate(at, end, "89abAB") &&
        is_surrogate(at + 6, end, "cdefCDEF")) {
      n = 12;
    } else if (is_surrogate(at, end, "89abcdefABCDEF")) {
      out = put(out, "\\uFFFD", 6);
      at += 6;
      continue;
    }
    out = put(out, at, n);
    at += n;
  }
  return out;
}

static char *put_number(char *out, const char *at, size_t len) {
  size_t sign = *at == '-';
  size_t digits = strspn(at + sign, "0123456789");
  if (digits <= EXACT_DIGITS || sign + digits < len) {
    return put(out, at, len);
  }
  out = put(out, "\"", 1);
  out = put(out, at, len);
  return put(out, "\"", 1);
}

static char *put_safe(char *out, const char *at, const char *end) {
  while (at < end) {
    size_t n = 1;
    if (*at == '"') {
      n = string_len(at, end);
      out = put_string(out, at, n);
    } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
      n = strspn(at, "+-.0123456789eE");
      out = put_number(out, at, n);
    } else {
      out = put(out, at, 1);
    }
    at += n;
  }
  return out;
}

void kling_json_decode(lua_State *L, const char *text, size_t len) {
  char *safe;
  push_codec(L, "decode");
  /* two quotes for each integer of 16 digits or more; Lua's memory and not
   * malloc's: it is not lost when one of these calls raises */
  safe = lua_newuserdata(L, len + len / 8 + 2);
  lua_pushlstring(L, safe, (size_t)(put_safe(safe, text, text + len) - safe));
  lua_remove(L, -2);
  lua_call(L, 1, 1);
}
