/* parts_cadence.c - a cadence as an object, for specs. */
#include "parts.h"

#include <string.h>

#include "../../src/cadence.h"
#include "../../src/clock.h"
#include "../../src/lifespan.h"

#define CADENCE "kling.parts.cadence"

static struct cadence *check_cadence(lua_State *L) {
  return luaL_checkudata(L, 1, CADENCE);
}

/* Lua: parts.cadence(first_poll, poll_interval, max_poll_interval, patience) */
static int parts_cadence(lua_State *L) {
  struct cadence_options o;
  o.first_poll = luaL_checknumber(L, 1);
  o.poll_interval = luaL_checknumber(L, 2);
  o.max_poll_interval = luaL_checknumber(L, 3);
  o.patience = luaL_checknumber(L, 4);
  kling_cadence_open(lua_newuserdata(L, sizeof(struct cadence)), &o);
  luaL_getmetatable(L, CADENCE);
  lua_setmetatable(L, -2);
  return 1;
}

static int cadence_next(lua_State *L) { /* Lua: cadence:next(age, u) */
  lua_pushnumber(L, kling_cadence_next(check_cadence(L), luaL_checknumber(L, 2),
                                       luaL_checknumber(L, 3)));
  return 1;
}

static int cadence_rarest(lua_State *L) { /* Lua: cadence:rarest(u) */
  lua_pushnumber(
      L, kling_cadence_rarest(check_cadence(L), luaL_checknumber(L, 2)));
  return 1;
}

static int cadence_survive(lua_State *L) { /* Lua: cadence:survive(from, to) */
  kling_cadence_survive(check_cadence(L), luaL_checknumber(L, 2),
                        luaL_checknumber(L, 3));
  return 0;
}

static int cadence_end(lua_State *L) { /* Lua: cadence:finish(after, by) */
  kling_cadence_end(check_cadence(L), luaL_checknumber(L, 2),
                    luaL_checknumber(L, 3));
  return 0;
}

static int cadence_quantile(lua_State *L) { /* Lua: :quantile(age, share) */
  lua_pushnumber(L, kling_cadence_quantile(check_cadence(L),
                                           luaL_checknumber(L, 2),
                                           luaL_checknumber(L, 3)));
  return 1;
}

static int cadence_write(lua_State *L) { /* Lua: cadence:write() */
  char text[CADENCE_TEXT_SIZE];
  size_t len = kling_cadence_write(check_cadence(L), text);
  lua_pushlstring(L, text, len);
  return 1;
}

static int cadence_read(lua_State *L) { /* Lua: cadence:read(text) */
  lua_pushboolean(L,
                  kling_cadence_read(check_cadence(L), luaL_checkstring(L, 2)));
  return 1;
}

static int cadence_tell(lua_State *L) { /* Lua: cadence:tell() */
  kling_cadence_tell(check_cadence(L));
  return 0;
}

static const luaL_Reg methods[] = {
    {"next",     cadence_next    },
    {"rarest",   cadence_rarest  },
    {"survive",  cadence_survive },
    {"finish",   cadence_end     },
    {"quantile", cadence_quantile},
    {"write",    cadence_write   },
    {"read",     cadence_read    },
    {"tell",     cadence_tell    },
    {NULL,       NULL            },
};

/* Lua: parts.lifespan_end(age, survived, created_at, updated_at): the median
 * duration of those that survived, after this one end */
static int parts_lifespan_end(lua_State *L) {
  static const struct cadence_options options = {3.0, 3.0, 15.0, 0.5};
  struct engine *e = lua_newuserdata(L, sizeof(*e));
  struct job job;
  struct api_task task;
  size_t len;
  memset(e, 0, sizeof(*e));
  memset(&job, 0, sizeof(job));
  memset(&task, 0, sizeof(task));
  kling_cadence_open(&e->cadence, &options);
  e->http.now = kling_clock_now();
  job.born = e->http.now - luaL_checknumber(L, 1);
  job.survived = (float)luaL_checknumber(L, 2);
  luaL_checktype(L, 3, LUA_TNUMBER);
  lua_pushvalue(L, 3);
  task.created_at.at = lua_tolstring(L, -1, &len);
  task.created_at.len = len;
  task.created_at.type = SCAN_NUMBER;
  task.updated_at = luaL_checknumber(L, 4);
  kling_lifespan_end(e, &job, &task);
  lua_pushnumber(L, kling_cadence_quantile(&e->cadence, job.survived, 0.5));
  return 1;
}

void kling_parts_open_cadence(lua_State *L) {
  kling_newmetatable(L, CADENCE);
  kling_setfuncs(L, methods);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, parts_cadence);
  lua_setfield(L, -2, "cadence");
  lua_pushcfunction(L, parts_lifespan_end);
  lua_setfield(L, -2, "lifespan_end");
}
