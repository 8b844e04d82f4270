/* client.c - the "kling.client" userdata. */
#define _POSIX_C_SOURCE 200809L
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "client_cadence.h"
#include "client_download.h"
#include "client_gate.h"
#include "client_gateway.h"
#include "client_jobs.h"
#include "client_options.h"
#include "clock.h"
#include "error.h"
#include "handle.h"
#include "hint.h"
#include "json.h"
#include "random.h"
#include "resolve.h"

#define CLIENT "kling.client"

struct client *kling_client_check_any(lua_State *L, int i) {
  return luaL_checkudata(L, i, CLIENT);
}

struct client *kling_client_check(lua_State *L, int i) {
  struct client *c = kling_client_check_any(L, i);
  luaL_argcheck(L, c->engine.is_open, i, "client is closed");
  luaL_argcheck(
      L, c->pid == getpid(), i,
      "client was made before fork(); make a new one in this process");
  return c;
}

/* --- opening and closing --- */

static int client_new(lua_State *L) { /* Lua: raw.new(options) */
  struct engine_options o;
  struct client *c;
  luaL_checktype(L, 1, LUA_TTABLE);
  memset(&o, 0, sizeof(o));
  kling_client_read_options(L, &o);
  c = lua_newuserdata(L, sizeof(*c));
  memset(c, 0, sizeof(*c));
  lua_createtable(L, 1, 4); /* private: what the Lua layer keeps of a client */
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, 1);
  lua_setuservalue(L, -2);
  luaL_getmetatable(L, CLIENT); /* before open: __gc must see a failed open */
  lua_setmetatable(L, -2);
  c->pid = getpid();
  if (!kling_engine_open(&c->engine, &o)) {
    lua_pushnil(L);
    lua_pushstring(L, kling_error_code(errno == EMFILE || errno == ENFILE
                                           ? KLING_IO
                                           : KLING_NOMEM));
    return 2;
  }
  return 1;
}

static int client_close(lua_State *L) { /* Lua: client:close() */
  struct client *c = kling_client_check_any(L, 1);
  if (c->pid == getpid()) {
    kling_engine_close(&c->engine);
  } else {
    kling_engine_abandon(&c->engine);
  }
  return 0;
}

/* By way of the method: lua/kling/client.lua tells the event loop first. */
static int client_leave(lua_State *L) {
  lua_getfield(L, 1, "close");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  return 0;
}

static int client_gc(lua_State *L) {
  struct client *c = kling_client_check_any(L, 1);
  client_close(L);
  kling_engine_free(&c->engine);
  return 0;
}

/* Lua: raw.is_inherited(client): was it made before a fork? */
static int client_is_inherited(lua_State *L) {
  lua_pushboolean(L, kling_client_check_any(L, 1)->pid != getpid());
  return 1;
}

static int client_is_open(lua_State *L) { /* Lua: raw.is_open(client) */
  lua_pushboolean(L, kling_client_check_any(L, 1)->engine.is_open);
  return 1;
}

static int client_tostring(lua_State *L) {
  struct client *c = kling_client_check_any(L, 1);
  lua_pushfstring(L, CLIENT " (%s)", c->engine.is_open ? "open" : "closed");
  return 1;
}

/* --- new jobs --- */

/* Push the handle first: what raises later finds the job in its care. */
static struct job *push_new_job(lua_State *L, struct client *c,
                                enum job_kind kind) {
  uint32_t i;
  kling_handle_push(L, 1);
  i = kling_engine_new_job(&c->engine, kind);
  if (i == NO_JOB) {
    luaL_error(L, "not enough memory");
  }
  kling_handle_set(L, i);
  return &c->engine.jobs[i];
}

static void set_ids(lua_State *L, struct job *job, const char *task_id,
                    const char *external_task_id) {
  if (!kling_job_set_ids(job, task_id, external_task_id)) {
    luaL_error(L, "not enough memory");
  }
}

static void set_order(lua_State *L, struct job *job, const char *text) {
  if (!kling_job_set_order(job, text)) {
    luaL_error(L, "not enough memory");
  }
}

static int begin(struct client *c, const struct job *job) {
  kling_engine_begin(&c->engine, (uint32_t)(job - c->engine.jobs));
  return 1;
}

/* Lua: raw.start_task(client, request, external_task_id, is_called_back, mode);
 * mode "resolve": ask for its task first; "parked": do nothing (go_on) */
static int client_start_task(lua_State *L) {
  static const char *const modes[] = {"create", "resolve", "parked", NULL};
  enum { CREATE, RESOLVE, PARKED };
  struct client *c = kling_client_check(L, 1);
  const char *external_id = luaL_checkstring(L, 3);
  int mode = luaL_checkoption(L, 5, modes[CREATE], modes);
  struct job *job;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 4); /* an absent flag is nil, not what is pushed next */
  kling_json_encode(L, 2);
  job = push_new_job(L, c, JOB_TASK);
  set_order(L, job, lua_tostring(L, -2));
  set_ids(L, job, NULL, external_id);
  job->is_called_back = lua_toboolean(L, 4);
  if (mode == PARKED) {
    kling_gate_park(job);
    return 1;
  }
  if (mode == RESOLVE) {
    kling_resolve_restore(&c->engine, job);
  }
  return begin(c, job);
}

/* Lua: raw.hint(client, task_id, external_task_id) */
static int client_hint(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  lua_pushboolean(L, kling_hint_take(&c->engine, luaL_optstring(L, 2, NULL),
                                     luaL_optstring(L, 3, NULL)));
  return 1;
}

/* Lua: raw.attach(client, task_id, external_task_id) */
static int client_attach(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  const char *task_id = luaL_checkstring(L, 2);
  const char *external_id = luaL_optstring(L, 3, NULL);
  struct job *job = push_new_job(L, c, JOB_TASK);
  set_ids(L, job, task_id, external_id);
  kling_engine_know_id(&c->engine, job);
  if (external_id) { /* remembered from its create: it may be very new */
    job->accepted = kling_clock_now();
  }
  job->existence = MAY_EXIST; /* until a look has found it */
  job->billed = BILLED_MAYBE;
  job->state = JOB_SUBMITTED;
  return begin(c, job);
}

static bool is_success(const char *text) {
  struct api_reply reply;
  kling_api_read(API_QUERY, 200, text, strlen(text), &reply);
  return reply.verdict == VERDICT_OK && reply.task.state == API_SUCCEEDED &&
         kling_api_has_result(&reply.task);
}

/* Lua: raw.restore(client, task_id, external_task_id, reply). A task that has
 * succeeded, as the service said then; nil when the reply does not say so. */
static int client_restore(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  const char *task_id = luaL_checkstring(L, 2);
  const char *external_id = luaL_checkstring(L, 3);
  const char *reply = luaL_checkstring(L, 4);
  struct job *job;
  if (!is_success(reply)) {
    return 0;
  }
  job = push_new_job(L, c, JOB_TASK);
  set_ids(L, job, task_id, external_id);
  if (!kling_job_set_text(&job->reply, reply)) {
    return luaL_error(L, "not enough memory");
  }
  job->has_begun = true;
  job->existence = EXISTS;
  job->billed = BILLED_YES;
  job->state = JOB_SUBMITTED;
  kling_engine_end(&c->engine, job, EVENT_SUCCEEDED, KLING_OK);
  return 1;
}

static int
client_start_query(lua_State *L) { /* raw.start_query(client, task_id) */
  struct client *c = kling_client_check(L, 1);
  const char *task_id = luaL_checkstring(L, 2);
  struct job *job = push_new_job(L, c, JOB_QUERY);
  set_ids(L, job, task_id, NULL);
  job->existence = MAY_EXIST;
  job->billed = BILLED_MAYBE;
  return begin(c, job);
}

static int client_start_list(lua_State *L) { /* raw.start_list(client, query) */
  struct client *c = kling_client_check(L, 1);
  const char *query = luaL_checkstring(L, 2);
  struct job *job = push_new_job(L, c, JOB_LIST);
  set_order(L, job, query);
  return begin(c, job);
}

static int client_start_warm(lua_State *L) { /* Lua: raw.start_warm(client) */
  struct client *c = kling_client_check(L, 1);
  return begin(c, push_new_job(L, c, JOB_WARM));
}

/* Lua: raw.start_download(client, url, path, options) */
static int client_start_download(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  struct job *job;
  luaL_checktype(L, 4, LUA_TTABLE);
  job = push_new_job(L, c, JOB_DOWNLOAD);
  if (kling_client_read_download(L, job)) {
    return begin(c, job);
  }
  kling_engine_end(&c->engine, job, EVENT_FAILED, KLING_IO);
  return 1;
}

static int client_stop(lua_State *L) { /* Lua: raw.stop(client, job) */
  struct client *c = kling_client_check_any(L, 1);
  luaL_argcheck(L, c->pid == getpid(), 1, "client was made before fork()");
  lua_pushboolean(L, kling_engine_cancel(&c->engine, kling_handle_check(L, 2)));
  return 1;
}

/* --- driving --- */

static int client_step(lua_State *L) { /* Lua: client:step(seconds) */
  struct client *c = kling_client_check(L, 1);
  double seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0.0, 2, "seconds, 0 or more, expected");
  lua_pushinteger(L, (lua_Integer)kling_engine_step(&c->engine, seconds));
  return 1;
}

/* Lua: raw.changed(client, forget). The next task that changed; with `forget`,
 * all of them are passed over. */
static int client_changed(lua_State *L) {
  struct client *c = kling_client_check_any(L, 1);
  bool forget = lua_toboolean(L, 2);
  uint32_t i;
  if (c->engine.changed.first == NO_JOB) {
    return 0; /* before anything is allocated */
  }
  kling_handle_push(L, 1);
  i = kling_engine_next_changed(&c->engine, !forget);
  if (i == NO_JOB) {
    return 0;
  }
  kling_handle_set(L, i);
  return 1;
}

/* Lua: raw.alarm(client, seconds); no seconds: never */
static int client_alarm(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  kling_engine_set_alarm(&c->engine, luaL_optnumber(L, 2, -1.0));
  return 0;
}

/* Lua: raw.changes(client): how many there were ever */
static int client_changes(lua_State *L) {
  lua_pushnumber(L, kling_client_check_any(L, 1)->engine.changes);
  return 1;
}

static int client_pollfd(lua_State *L) { /* Lua: client:pollfd() */
  struct client *c = kling_client_check(L, 1);
  if (c->engine.http.poller.fd < 0) {
    return 0;
  }
  lua_pushinteger(L, c->engine.http.poller.fd);
  return 1;
}

static int client_events(lua_State *L) { /* Lua: client:events() */
  kling_client_check(L, 1);
  lua_pushliteral(L, "r");
  return 1;
}

static int client_timeout(lua_State *L) { /* Lua: client:timeout() */
  struct client *c = kling_client_check(L, 1);
  double due = kling_engine_due(&c->engine);
  double left = due - kling_clock_now();
  if (due < 0.0) {
    return 0;
  }
  lua_pushnumber(L, left > 0.0 ? left : 0.0);
  return 1;
}

static int client_private(lua_State *L) { /* Lua: raw.private(client) */
  kling_client_check_any(L, 1);
  lua_getuservalue(L, 1);
  return 1;
}

static const luaL_Reg metamethods[] = {
    {"__close",    client_leave   }, /* Lua 5.4: local c <close> = ... */
    {"__gc",       client_gc      },
    {"__tostring", client_tostring},
    {NULL,         NULL           },
};

/* What programs call. */
static const luaL_Reg methods[] = {
    {"close",   client_close  },
    {"events",  client_events },
    {"pollfd",  client_pollfd },
    {"step",    client_step   },
    {"timeout", client_timeout},
    {NULL,      NULL          },
};

/* What the Lua layer builds the rest from; not for programs. */
static const luaL_Reg raw_functions[] = {
    {"alarm",          client_alarm         },
    {"attach",         client_attach        },
    {"changed",        client_changed       },
    {"changes",        client_changes       },
    {"close",          client_close         },
    {"hint",           client_hint          },
    {"is_inherited",   client_is_inherited  },
    {"is_open",        client_is_open       },
    {"new",            client_new           },
    {"private",        client_private       },
    {"restore",        client_restore       },
    {"start_download", client_start_download},
    {"start_list",     client_start_list    },
    {"start_query",    client_start_query   },
    {"start_task",     client_start_task    },
    {"start_warm",     client_start_warm    },
    {"stop",           client_stop          },
    {NULL,             NULL                 },
};

void kling_client_open(lua_State *L) {
  if (kling_newmetatable(L, CLIENT)) {
    kling_setfuncs(L, metamethods);
    lua_newtable(L);
    kling_setfuncs(L, methods);
    lua_setfield(L, -2, "__index");
  }
  lua_getfield(L, -1, "__index");
  lua_setfield(L, -3, "Client"); /* lua/kling/client.lua adds to it */
  lua_pop(L, 1);
  lua_newtable(L);
  kling_setfuncs(L, raw_functions);
  kling_client_cadence_open(L);
  kling_client_gateway_open(L);
  kling_client_jobs_open(L);
  kling_client_gate_open(L);
  kling_client_download_open(L);
  lua_setfield(L, -2, "raw");
}
