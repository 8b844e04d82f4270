/* reset.c - ends a TCP connection with a reset and leaves the descriptor open:
 * lua-http still holds it and closes it in its own time. */
#define _POSIX_C_SOURCE 200809L
#include "reset.h"

#include <lauxlib.h>
#include <string.h>
#include <sys/socket.h>

/* Lua: core.reset_connection(fd). False where the system has no such thing. */
static int reset_connection(lua_State *L) {
  struct linger at_once = {1, 0};
  struct sockaddr nobody;
  int fd = (int)luaL_checkinteger(L, 1);
  memset(&nobody, 0, sizeof(nobody));
  nobody.sa_family = AF_UNSPEC;
  /* Linux: connecting to nobody dissolves the connection, with a reset
   * (connect(2)). Elsewhere the reset comes when the socket is closed. */
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  lua_pushboolean(L, connect(fd, &nobody, sizeof(nobody)) == 0);
  return 1;
}

void kling_reset_open(lua_State *L) {
  lua_pushcfunction(L, reset_connection);
  lua_setfield(L, -2, "reset_connection");
}
