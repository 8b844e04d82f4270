/* parts_limiter.c - the limiter, for specs: a table of numbers goes in and out
 * of it as userdata. */
#include "parts.h"

#include <math.h>
#include <string.h>

#include "../../src/limiter.h"

#define LIMITER "kling.parts.limiter"

static struct limiter *check_limiter(lua_State *L) {
  return luaL_checkudata(L, 1, LIMITER);
}

static int parts_limiter(lua_State *L) { /* Lua: parts.limiter(max) */
  uint32_t max = (uint32_t)luaL_optinteger(L, 1, 0);
  struct limiter *l = lua_newuserdata(L, sizeof(*l));
  kling_limiter_open(l, max);
  luaL_getmetatable(L, LIMITER);
  lua_setmetatable(L, -2);
  return 1;
}

static int limiter_due(lua_State *L) {
  lua_pushnumber(L, kling_limiter_due(check_limiter(L)));
  return 1;
}

static int limiter_start(lua_State *L) {
  kling_limiter_start(check_limiter(L), luaL_checknumber(L, 2));
  return 0;
}

static int limiter_accept(lua_State *L) {
  kling_limiter_accept(check_limiter(L));
  return 0;
}

static int limiter_leave(lua_State *L) {
  kling_limiter_leave(check_limiter(L), lua_toboolean(L, 2));
  return 0;
}

/* Lua: limiter:full(sent, now, delay, is_asked) */
static int limiter_full(lua_State *L) {
  kling_limiter_full(check_limiter(L), luaL_checknumber(L, 2),
                     luaL_checknumber(L, 3), luaL_checknumber(L, 4),
                     lua_toboolean(L, 5));
  return 0;
}

/* Lua: limiter:fast(sent, now, delay) */
static int limiter_fast(lua_State *L) {
  kling_limiter_fast(check_limiter(L), luaL_checknumber(L, 2),
                     luaL_checknumber(L, 3), luaL_checknumber(L, 4));
  return 0;
}

/* Lua: limiter:counts(); cap, running, accepted */
static int limiter_counts(lua_State *L) {
  const struct limiter *l = check_limiter(L);
  lua_pushinteger(L, (lua_Integer)l->cap);
  lua_pushinteger(L, (lua_Integer)l->running);
  lua_pushinteger(L, (lua_Integer)l->accepted);
  return 3;
}

static const luaL_Reg methods[] = {
    {"due",    limiter_due   },
    {"start",  limiter_start },
    {"accept", limiter_accept},
    {"leave",  limiter_leave },
    {"full",   limiter_full  },
    {"fast",   limiter_fast  },
    {"counts", limiter_counts},
    {NULL,     NULL          },
};

void kling_parts_open_limiter(lua_State *L) {
  kling_newmetatable(L, LIMITER);
  kling_setfuncs(L, methods);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, parts_limiter);
  lua_setfield(L, -2, "limiter");
}
