/* console.c - is there a terminal, and was the program asked to stop? For the
 * command line only: a library leaves its host's signals alone. */
#define _POSIX_C_SOURCE  200809L
#define _DARWIN_C_SOURCE /* struct winsize */
#include "console.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void on_signal(int number) {
  caught = number;
}

static int is_terminal(lua_State *L) { /* Lua: core.is_terminal(fd) */
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}

/* Lua: core.terminal_size(fd). Columns and rows, or nothing. */
static int terminal_size(lua_State *L) {
#ifdef TIOCGWINSZ
  struct winsize size;
  int fd = (int)luaL_checkinteger(L, 1);
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    lua_pushinteger(L, size.ws_col);
    lua_pushinteger(L, size.ws_row);
    return 2;
  }
#else
  (void)L;
#endif
  return 0;
}

/* Lua: core.watch_interrupt(). Takes SIGINT from the interpreter, which would
 * raise an error wherever Lua happens to be. A second one ends the process,
 * should the program not look. */
static int watch_interrupt(lua_State *L) {
  struct sigaction action;
  (void)L;
  memset(&action, 0, sizeof(action));
  action.sa_handler = on_signal;
  action.sa_flags = (int)SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return 0;
}

/* Lua: core.interrupted(). The signal's name, or nothing. */
static int interrupted(lua_State *L) {
  if (!caught) {
    return 0;
  }
  lua_pushstring(L, caught == SIGINT ? "SIGINT" : "SIGTERM");
  return 1;
}

void kling_console_open(lua_State *L) {
  lua_pushcfunction(L, is_terminal);
  lua_setfield(L, -2, "is_terminal");
  lua_pushcfunction(L, terminal_size);
  lua_setfield(L, -2, "terminal_size");
  lua_pushcfunction(L, watch_interrupt);
  lua_setfield(L, -2, "watch_interrupt");
  lua_pushcfunction(L, interrupted);
  lua_setfield(L, -2, "interrupted");
}
