/* compat.h - the only file that looks at LUA_VERSION_NUM. */
#ifndef KLING_COMPAT_H
#define KLING_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

/* A static inline and not a function named luaL_*: LuaJIT grows the 5.2
 * functions one by one, and a second definition breaks the link. */
static inline void kling_setfuncs(lua_State *L, const luaL_Reg *l) {
  for (; l->name; l++) {
    lua_pushcfunction(L, l->func);
    lua_setfield(L, -2, l->name);
  }
}

#if LUA_VERSION_NUM < 502 /* Lua 5.1 and LuaJIT */
#define lua_setuservalue(L, i) lua_setfenv(L, i)
#define lua_getuservalue(L, i) lua_getfenv(L, i)
#endif

/* A new metatable with its name where error messages look for it; returns 0
 * when it existed already (a test runner re-required the module). */
static inline int kling_newmetatable(lua_State *L, const char *name) {
  int is_new = luaL_newmetatable(L, name);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name"); /* 5.3 and later do this by themselves */
  return is_new;
}

/* Refuse to run in another Lua than the one compiled for: a 5.2 build loads
 * silently in 5.3 and fails later. */
static inline void kling_check_lua(lua_State *L) {
  const char *running;
  lua_getglobal(L, "_VERSION");
  running = lua_tostring(L, -1);
  if (!running || strcmp(running, LUA_VERSION) != 0) {
    luaL_error(L, "kling.core was built for %s and not for %s", LUA_VERSION,
               running ? running : "this Lua");
  }
  lua_pop(L, 1);
}

#endif
