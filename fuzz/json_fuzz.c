/* json_fuzz.c - json.c on arbitrary bytes: whatever scan.c accepts cjson must
 * accept, and both must find the same in it. Runs inside a Lua. */
#undef NDEBUG
#include <assert.h>
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../src/json.h"
#include "../src/scan.h"

enum {
  LONGEST_NAME = 60, /* longer names with escapes in them are not looked for */
  LONGEST_NUMBER = 40, /* beyond, scan.c's way of computing loses precision */
  SLOTS = 8            /* of Lua's stack, for one level */
};

static lua_State *state;

static void compare(struct scan_value v);

static void compare_number(struct scan_value v) {
  double theirs = lua_tonumber(state, -1);
  double ours = kling_scan_number(v, -1.0);
  assert(v.type == SCAN_NUMBER);
  if (v.len <= LONGEST_NUMBER && ours != theirs) {
    double size = fabs(theirs) > 1e-290 ? fabs(theirs) : 1e-290;
    assert(fabs(ours - theirs) <= 1e-13 * size);
  }
}

/* An integer too long for a number is a string of its digits. */
static void compare_string(struct scan_value v) {
  size_t len;
  const char *theirs = lua_tolstring(state, -1, &len);
  char *ours = malloc(v.len + 1);
  assert(v.type == SCAN_STRING || (v.type == SCAN_NUMBER && v.len > 15));
  assert(ours != NULL);
  assert(kling_scan_text(v, ours, v.len + 1) == len);
  assert(memcmp(ours, theirs, len) == 0);
  free(ours);
}

static void compare_array(struct scan_value v) {
  const char *cursor = NULL;
  struct scan_value element;
  int i = 0;
  while (kling_scan_next(v, &cursor, &element)) {
    lua_rawgeti(state, -1, ++i);
    compare(element);
    lua_pop(state, 1);
  }
  lua_rawgeti(state, -1, i + 1);
  assert(lua_isnil(state, -1));
  lua_pop(state, 1);
}

static void compare_object(struct scan_value v) {
  lua_pushnil(state);
  while (lua_next(state, -2)) {
    size_t len;
    const char *name;
    assert(lua_type(state, -2) == LUA_TSTRING);
    name = lua_tolstring(state, -2, &len);
    if (strlen(name) == len && len <= LONGEST_NAME) {
      compare(kling_scan_get(v, name));
    }
    lua_pop(state, 1);
  }
}

/* What scan.h found with the value on top of the stack. */
static void compare(struct scan_value v) {
  assert(lua_checkstack(state, SLOTS));
  switch (lua_type(state, -1)) {
  case LUA_TNUMBER:
    compare_number(v);
    break;
  case LUA_TSTRING:
    compare_string(v);
    break;
  case LUA_TBOOLEAN:
    assert(v.type == (lua_toboolean(state, -1) ? SCAN_TRUE : SCAN_FALSE));
    break;
  case LUA_TLIGHTUSERDATA: /* cjson's null */
    assert(v.type == SCAN_NULL);
    break;
  case LUA_TTABLE:
    if (v.type == SCAN_ARRAY) {
      compare_array(v);
    } else {
      assert(v.type == SCAN_OBJECT);
      compare_object(v);
    }
    break;
  default:
    abort(); /* nil above all: cjson refused what scan.c accepted */
  }
}

static void start(void) {
  state = luaL_newstate();
  assert(state != NULL);
  luaL_openlibs(state);
  kling_json_open(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1); /* replies have a NUL behind them (buf.h) */
  struct scan_value v;
  if (!state) {
    start();
  }
  assert(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  if (kling_scan_document(text, size, NULL, &v)) {
    kling_json_decode(state, v.at, v.len);
    compare(v);
    lua_settop(state, 0);
  }
  free(text);
  return 0;
}
