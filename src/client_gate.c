/* client_gate.c - what Lua says to a client's gate. */
#include "client_gate.h"

#include <math.h>

#include "client.h"
#include "clock.h"
#include "error.h"
#include "handle.h"
#include "resolve.h"

/* Lua: raw.asking(client). The next job whose create waits for a permit, once
 * each. */
static int client_asking(lua_State *L) {
  struct client *c = kling_client_check_any(L, 1);
  uint32_t i;
  kling_handle_push(L, 1);
  i = kling_gate_next_asking(&c->engine);
  if (i == NO_JOB) {
    return 0;
  }
  kling_handle_set(L, i);
  return 1;
}

/* Lua: raw.permit(client, job). False when it waits for none any more. */
static int client_permit(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  struct job *job = &c->engine.jobs[kling_handle_check(L, 2)];
  lua_pushboolean(L, kling_gate_permit(&c->engine, job));
  return 1;
}

/* Lua: raw.permitted(client, job): may its create leave at any moment? */
static int client_permitted(lua_State *L) {
  const struct client *c = kling_client_check_any(L, 1);
  lua_pushboolean(L, c->engine.jobs[kling_handle_check(L, 2)].is_permitted);
  return 1;
}

/* Lua: raw.revoke(client): permits that were not used are no longer good. */
static int client_revoke(lua_State *L) {
  kling_gate_revoke(&kling_client_check(L, 1)->engine);
  return 0;
}

/* Lua: raw.leaving(client, job): is its create on its way, and may have
 * arrived?
 */
static int client_leaving(lua_State *L) {
  const struct client *c = kling_client_check_any(L, 1);
  const struct job *job = &c->engine.jobs[kling_handle_check(L, 2)];
  lua_pushboolean(L, job->transfer && kling_job_is_create(job) &&
                         kling_transfer_was_sent(job->transfer));
  return 1;
}

/* Lua: raw.refuse(client, job, code). False when it waits for no permit. */
static int client_refuse(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  struct job *job = &c->engine.jobs[kling_handle_check(L, 2)];
  enum kling_error code = kling_error_find(luaL_checkstring(L, 3));
  luaL_argcheck(L, code != KLING_OK, 3, "no such code");
  lua_pushboolean(L, kling_gate_refuse(&c->engine, job, code));
  return 1;
}

/* Lua: raw.license(client, seconds); no seconds: no limit */
static int client_license(lua_State *L) {
  struct client *c = kling_client_check(L, 1);
  kling_gate_license(&c->engine, luaL_optnumber(L, 2, INFINITY));
  return 0;
}

static void follow(lua_State *L, struct engine *e, struct job *job,
                   const char *task_id) {
  if (!kling_job_set_ids(job, task_id, job->external_task_id)) {
    luaL_error(L, "not enough memory");
  }
  kling_engine_know_id(e, job);
  kling_job_drop_order(job);
  job->accepted = kling_clock_now(); /* for all we know: it may be very new */
  job->state = JOB_SUBMITTED;
  kling_engine_mark(e, job);
}

/* Lua: raw.go_on(client, job, mode, task_id). A parked job begins; mode as for
 * start_task, or "attach", to a task. False when it was cancelled. */
static int client_go_on(lua_State *L) {
  static const char *const modes[] = {"create", "resolve", "attach", NULL};
  enum { CREATE, RESOLVE };
  struct client *c = kling_client_check(L, 1);
  uint32_t i = kling_handle_check(L, 2);
  struct job *job = &c->engine.jobs[i];
  int mode = luaL_checkoption(L, 3, NULL, modes);
  bool goes_on = kling_gate_unpark(job);
  lua_pushboolean(L, goes_on);
  if (!goes_on) {
    return 1;
  }
  if (mode == CREATE) {
    job->existence = NOT_CREATED;
    job->billed = BILLED_NO;
  } else if (mode == RESOLVE) {
    kling_resolve_restore(&c->engine, job);
  } else {
    follow(L, &c->engine, job, luaL_checkstring(L, 4));
  }
  kling_engine_begin(&c->engine, i);
  return 1;
}

static void set_count(lua_State *L, const char *name, uint32_t count) {
  lua_pushinteger(L, (lua_Integer)count);
  lua_setfield(L, -2, name);
}

static int client_limits(lua_State *L) { /* Lua: raw.limits(client) */
  const struct engine *e = &kling_client_check_any(L, 1)->engine;
  lua_createtable(L, 0, 3);
  set_count(L, "cap", e->gate.limiter.cap);
  set_count(L, "running", e->gate.limiter.running);
  set_count(L, "queued", kling_gate_queued(e));
  return 1;
}

static const luaL_Reg functions[] = {
    {"asking",    client_asking   },
    {"go_on",     client_go_on    },
    {"leaving",   client_leaving  },
    {"license",   client_license  },
    {"limits",    client_limits   },
    {"permitted", client_permitted},
    {"permit",    client_permit   },
    {"refuse",    client_refuse   },
    {"revoke",    client_revoke   },
    {NULL,        NULL            },
};

void kling_client_gate_open(lua_State *L) {
  kling_setfuncs(L, functions);
}
