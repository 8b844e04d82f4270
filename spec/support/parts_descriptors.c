/* parts_descriptors.c - the poller, and the descriptors, limits and processes
 * that specs need. */
#define _XOPEN_SOURCE 700
#include "parts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/poller.h"

#define POLLER "kling.parts.poller"

enum { MAX_EVENTS = 64 };

static struct poller *check_poller(lua_State *L) {
  return luaL_checkudata(L, 1, POLLER);
}

static int parts_poller(lua_State *L) { /* Lua: parts.poller() */
  struct poller *p = lua_newuserdata(L, sizeof(*p));
  memset(p, 0, sizeof(*p));
  if (!kling_poller_open(p)) {
    return luaL_error(L, "cannot open a poller: %s", strerror(errno));
  }
  luaL_getmetatable(L, POLLER);
  lua_setmetatable(L, -2);
  return 1;
}

static int poller_fd(lua_State *L) {
  lua_pushinteger(L, check_poller(L)->fd);
  return 1;
}

static int poller_watch(lua_State *L) { /* Lua: poller:watch(fd, what) */
  lua_pushboolean(L, kling_poller_watch(check_poller(L),
                                        (int)luaL_checkinteger(L, 2),
                                        (int)luaL_checkinteger(L, 3)));
  return 1;
}

static int poller_set_timer(lua_State *L) {
  kling_poller_set_timer(check_poller(L), luaL_checknumber(L, 2));
  return 0;
}

/* Lua: poller:wait(seconds, max): what happened, by descriptor, and how many */
static int poller_wait(lua_State *L) {
  struct poller_event events[MAX_EVENTS];
  double seconds = luaL_checknumber(L, 2);
  int max = (int)luaL_optinteger(L, 3, MAX_EVENTS);
  int count;
  int i;
  luaL_argcheck(L, max > 0 && max <= MAX_EVENTS, 3, "1 to 64 expected");
  count = kling_poller_wait(check_poller(L), seconds, events, max);
  lua_newtable(L);
  for (i = 0; i < count; i++) {
    lua_pushinteger(L, events[i].what);
    lua_rawseti(L, -2, events[i].fd);
  }
  lua_pushinteger(L, count);
  return 2;
}

static int poller_close(lua_State *L) {
  kling_poller_close(check_poller(L));
  return 0;
}

static const luaL_Reg poller_methods[] = {
    {"fd",        poller_fd       },
    {"watch",     poller_watch    },
    {"set_timer", poller_set_timer},
    {"wait",      poller_wait     },
    {"close",     poller_close    },
    {"__gc",      poller_close    },
    {NULL,        NULL            },
};

static int parts_pipe(lua_State *L) { /* Lua: read, write = parts.pipe() */
  int ends[2];
  if (pipe(ends) != 0) {
    return luaL_error(L, "no pipe: %s", strerror(errno));
  }
  lua_pushinteger(L, ends[0]);
  lua_pushinteger(L, ends[1]);
  return 2;
}

static int parts_write(lua_State *L) { /* Lua: parts.write(fd, bytes) */
  size_t len;
  const char *bytes = luaL_checklstring(L, 2, &len);
  ssize_t n = write((int)luaL_checkinteger(L, 1), bytes, len);
  luaL_argcheck(L, n == (ssize_t)len, 2, "not all written");
  return 0;
}

static int parts_read(lua_State *L) { /* Lua: parts.read(fd) */
  char bytes[512];
  ssize_t n = read((int)luaL_checkinteger(L, 1), bytes, sizeof(bytes));
  luaL_argcheck(L, n >= 0, 1, "cannot be read");
  lua_pushlstring(L, bytes, (size_t)n);
  return 1;
}

static int parts_close(lua_State *L) { /* Lua: parts.close(fd) */
  luaL_argcheck(L, close((int)luaL_checkinteger(L, 1)) == 0, 1, "not open");
  return 0;
}

/* Lua: parts.dup2(from, to): `to` is another descriptor from now on */
static int parts_dup2(lua_State *L) {
  int to = (int)luaL_checkinteger(L, 2);
  luaL_argcheck(L, dup2((int)luaL_checkinteger(L, 1), to) == to, 1, "not open");
  return 0;
}

/* Lua: parts.is_readable(fd, seconds) */
static int parts_is_readable(lua_State *L) {
  struct pollfd one;
  one.fd = (int)luaL_checkinteger(L, 1);
  one.events = POLLIN;
  one.revents = 0;
  lua_pushboolean(L, poll(&one, 1, (int)(luaL_checknumber(L, 2) * 1000)) == 1 &&
                         (one.revents & POLLIN));
  return 1;
}

/* Lua: parts.limit_file_size(bytes), nil: no limit. Stands in for a full disk;
 * needs no privilege. */
static int parts_limit_file_size(lua_State *L) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0) {
    return luaL_error(L, "no limit: %s", strerror(errno));
  }
  limit.rlim_cur =
      lua_isnoneornil(L, 1) ? limit.rlim_max : (rlim_t)luaL_checkinteger(L, 1);
  signal(SIGXFSZ, SIG_IGN); /* let write say it */
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
    return luaL_error(L, "no limit: %s", strerror(errno));
  }
  return 0;
}

/* Lua: parts.errors: name -> the words for it */
static void add_errors(lua_State *L) {
  static const struct {
    const char *name;
    int error;
  } errors[] = {
      {"EBUSY",   EBUSY  },
      {"EEXIST",  EEXIST },
      {"EFBIG",   EFBIG  },
      {"EISDIR",  EISDIR },
      {"ELOOP",   ELOOP  },
      {"ENOENT",  ENOENT },
      {"ENOTDIR", ENOTDIR},
  };
  size_t i;
  lua_newtable(L);
  for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
    lua_pushstring(L, strerror(errors[i].error));
    lua_setfield(L, -2, errors[i].name);
  }
  lua_setfield(L, -2, "errors");
}

static void on_signal(int number) {
  (void)number;
}

/* Lua: parts.send_signals(seconds): a signal comes every so many seconds, and
 * does nothing but interrupt; 0: none any more */
static int parts_send_signals(lua_State *L) {
  double seconds = luaL_checknumber(L, 1);
  struct sigaction action;
  struct itimerval every;
  memset(&action, 0, sizeof(action));
  action.sa_handler = on_signal; /* for good: a late one must not kill us */
  every.it_interval.tv_sec = (time_t)seconds;
  every.it_interval.tv_usec =
      (suseconds_t)((seconds - (double)every.it_interval.tv_sec) * 1e6);
  every.it_value = every.it_interval;
  if (sigaction(SIGALRM, &action, NULL) != 0 ||
      setitimer(ITIMER_REAL, &every, NULL) != 0) {
    return luaL_error(L, "no signals: %s", strerror(errno));
  }
  return 0;
}

static int parts_fork(lua_State *L) { /* Lua: parts.fork(): 0 in the child */
  lua_pushinteger(L, fork());
  return 1;
}

static int parts_wait(lua_State *L) { /* Lua: parts.wait(pid): its status */
  int status = -1;
  if (waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0) < 0) {
    return luaL_error(L, "cannot wait: %s", strerror(errno));
  }
  lua_pushinteger(L, status);
  return 1;
}

static const luaL_Reg functions[] = {
    {"fork",            parts_fork           },
    {"wait",            parts_wait           },
    {"poller",          parts_poller         },
    {"pipe",            parts_pipe           },
    {"write",           parts_write          },
    {"read",            parts_read           },
    {"close",           parts_close          },
    {"dup2",            parts_dup2           },
    {"is_readable",     parts_is_readable    },
    {"limit_file_size", parts_limit_file_size},
    {"send_signals",    parts_send_signals   },
    {NULL,              NULL                 },
};

void kling_parts_open_descriptors(lua_State *L) {
  kling_newmetatable(L, POLLER);
  kling_setfuncs(L, poller_methods);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  kling_setfuncs(L, functions);
  add_errors(L);
  lua_pushinteger(L, POLLER_READ);
  lua_setfield(L, -2, "READ");
  lua_pushinteger(L, POLLER_WRITE);
  lua_setfield(L, -2, "WRITE");
  lua_pushinteger(L, POLLER_ERROR);
  lua_setfield(L, -2, "ERROR");
}
