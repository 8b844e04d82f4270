/* linger.c - makes closing a socket a reset; cqueues has no such option. */
#define _POSIX_C_SOURCE 200809L
#include "linger.h"

#include <lauxlib.h>
#include <sys/socket.h>

static int reset_on_close(lua_State *L) { /* Lua: core.reset_on_close(fd) */
  struct linger at_once = {1, 0};
  int fd = (int)luaL_checkinteger(L, 1);
  lua_pushboolean(
      L, setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
  return 1;
}

void kling_linger_open(lua_State *L) {
  lua_pushcfunction(L, reset_on_close);
  lua_setfield(L, -2, "reset_on_close");
}
