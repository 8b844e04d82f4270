/* handle.c - the "kling.job" userdata. */
#include "handle.h"

#include <unistd.h>

#include "client.h"
#include "info.h"

#define HANDLE "kling.job"

struct handle {
  uint32_t index;
  bool is_open;
};

/* A handle is tied to its client by the client's own private table, whose
 * first element is the client: no table for each handle, and no registry
 * reference, so that the collector sees cycles. */
static struct client *push_client(lua_State *L, int handle) {
  struct client *c;
  lua_getuservalue(L, handle);
  lua_rawgeti(L, -1, 1);
  lua_remove(L, -2);
  c = lua_touserdata(L, -1);
  return c;
}

static struct handle *check_handle(lua_State *L, int i) {
  return luaL_checkudata(L, i, HANDLE);
}

void kling_handle_push(lua_State *L, int client) {
  struct handle *h = lua_newuserdata(L, sizeof(*h));
  h->index = NO_JOB;
  h->is_open = false;
  lua_getuservalue(L, client);
  lua_setuservalue(L, -2);
  luaL_getmetatable(L, HANDLE);
  lua_setmetatable(L, -2);
}

void kling_handle_set(lua_State *L, uint32_t index) {
  struct handle *h = lua_touserdata(L, -1);
  h->index = index;
  h->is_open = true;
}

uint32_t kling_handle_check(lua_State *L, int i) {
  struct handle *h = check_handle(L, i);
  bool is_ours;
  lua_getuservalue(L, i);
  lua_getuservalue(L, 1);
  is_ours = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  luaL_argcheck(L, is_ours, i, "this job belongs to another client");
  /* a finalizer of the program's may come after ours */
  luaL_argcheck(
      L, h->is_open && ((struct client *)lua_touserdata(L, 1))->engine.jobs, i,
      "this job has been collected");
  return h->index;
}

static int handle_client(lua_State *L) { /* Lua: job:client() */
  check_handle(L, 1);
  push_client(L, 1);
  return 1;
}

static int handle_gc(lua_State *L) {
  struct handle *h = check_handle(L, 1);
  if (h->is_open) {
    struct client *c = push_client(L, 1);
    h->is_open = false;
    if (c && c->engine.jobs) {
      if (c->pid != getpid()) { /* its sockets and files are the parent's */
        kling_engine_abandon(&c->engine);
      }
      kling_engine_drop(&c->engine, h->index);
    }
  }
  return 0;
}

static int handle_eq(lua_State *L) {
  struct handle *a = check_handle(L, 1);
  struct handle *b = check_handle(L, 2);
  lua_getuservalue(L, 1);
  lua_getuservalue(L, 2);
  lua_pushboolean(L, a->index == b->index && lua_rawequal(L, -1, -2));
  return 1;
}

static int handle_tostring(lua_State *L) {
  struct handle *h = check_handle(L, 1);
  struct client *c = push_client(L, 1);
  struct info info;
  if (!h->is_open || !c || !c->engine.jobs) {
    lua_pushliteral(L, HANDLE " (closed)");
    return 1;
  }
  kling_info_take(&info, &c->engine.jobs[h->index]);
  lua_pushfstring(L, HANDLE " %s (%s)",
                  info.job.task_id ? info.job.task_id : "-",
                  kling_job_state_name((enum job_state)info.job.state));
  return 1;
}

static const luaL_Reg metamethods[] = {
    {"__eq",       handle_eq      },
    {"__gc",       handle_gc      },
    {"__tostring", handle_tostring},
    {NULL,         NULL           },
};

static const luaL_Reg methods[] = {
    {"client", handle_client},
    {NULL,     NULL         },
};

void kling_handle_open(lua_State *L) {
  if (kling_newmetatable(L, HANDLE)) {
    kling_setfuncs(L, metamethods);
    lua_newtable(L);
    kling_setfuncs(L, methods);
    lua_setfield(L, -2, "__index");
  }
  lua_getfield(L, -1, "__index");
  lua_setfield(L, -3, "Job"); /* lua/kling/job.lua adds to it */
  lua_pop(L, 1);
}
