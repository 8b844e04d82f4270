/* parts_engine.c - the engine without a network, for specs of what takes too
 * many jobs, too much time or too little memory to be had from outside. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/clock.h"
#include "../../src/engine.h"

static void open_engine(lua_State *L, struct engine *e) {
  struct engine_options o;
  memset(&o, 0, sizeof(o));
  o.http.base_url = "http://127.0.0.1:9";
  o.http.api_key = "sk";
  o.http.user_agent = "spec";
  o.max_running = 1;
  o.max_requests = 1;
  if (!kling_engine_open(e, &o)) {
    luaL_error(L, "cannot open an engine");
  }
}

/* Lua: parts.engine_hold(n): is a job still there when one of n handles is
 * left; and when none is? */
static int parts_engine_hold(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  struct engine e;
  uint32_t i;
  lua_Integer left;
  open_engine(L, &e);
  i = kling_engine_new_job(&e, JOB_QUERY);
  for (left = 1; left < n; left++) {
    kling_engine_hold(&e, i);
  }
  for (; left > 1; left--) {
    kling_engine_drop(&e, i);
  }
  lua_pushboolean(L, e.jobs[i].in_use);
  kling_engine_drop(&e, i);
  lua_pushboolean(L, e.jobs[i].in_use);
  kling_engine_free(&e);
  return 2;
}

/* Lua: parts.engine_linger(age, seconds): places taken after a task, accepted
 * so long ago, was cancelled; the same so many seconds later */
static int parts_engine_linger(lua_State *L) {
  double age = luaL_checknumber(L, 1);
  double seconds = luaL_checknumber(L, 2);
  struct engine e;
  uint32_t i;
  open_engine(L, &e);
  i = kling_engine_new_job(&e, JOB_TASK);
  kling_job_apply(&e.jobs[i], EVENT_SENT);
  kling_job_apply(&e.jobs[i], EVENT_SUBMITTED);
  e.jobs[i].accepted = kling_clock_now() - age;
  kling_gate_accept(&e, &e.jobs[i]);
  kling_engine_cancel(&e, i);
  kling_engine_drop(&e, i);
  lua_pushinteger(L, (lua_Integer)e.gate.limiter.running);
  kling_engine_next_changed(&e, false);
  for (seconds += kling_clock_now(); kling_clock_now() < seconds;) {
    kling_engine_step(&e, seconds - kling_clock_now());
  }
  lua_pushinteger(L, (lua_Integer)e.gate.limiter.running);
  lua_pushboolean(L, e.jobs[i].in_use);
  kling_engine_free(&e);
  return 3;
}

/* --- little memory --- */

struct scarce {
  lua_Alloc alloc;
  void *arg;
  lua_Integer left; /* allocations that succeed */
};

static void *scarce_alloc(void *arg, void *old, size_t old_size, size_t size) {
  struct scarce *s = arg;
  if (size > 0 && (!old || size > old_size) && s->left-- <= 0) {
    s->left = 0;
    return NULL;
  }
  return s->alloc(s->arg, old, old_size, size);
}

/* Lua: parts.with_allocations(n, f): does f end without an error when Lua's
 * memory is used up after n more allocations? */
static int parts_with_allocations(lua_State *L) {
  struct scarce s;
  int status;
  s.left = luaL_checkinteger(L, 1);
  lua_settop(L, 2);
  s.alloc = lua_getallocf(L, &s.arg);
  lua_setallocf(L, scarce_alloc, &s);
  status = lua_pcall(L, 0, 0, 0);
  lua_setallocf(L, s.alloc, s.arg);
  lua_pushboolean(L, status == 0);
  return 1;
}

static uint32_t count_known(const struct ids *x, uint32_t from, uint32_t to) {
  char id[24];
  uint32_t known = 0;
  for (; from < to; from++) {
    snprintf(id, sizeof(id), "8781062428%08u", from);
    known += kling_ids_may_have(x, id);
  }
  return known;
}

/* Lua: parts.ids(total, alive): how many of the last jobs' ids are known, how
 * many of 10,000 others, and how much room that takes */
static int parts_ids(lua_State *L) {
  uint32_t total = (uint32_t)luaL_checkinteger(L, 1);
  uint32_t alive = (uint32_t)luaL_checkinteger(L, 2);
  struct job *jobs = calloc(alive + 1, sizeof(*jobs));
  char(*texts)[24] = calloc(alive + 1, sizeof(*texts));
  struct ids x;
  uint32_t i;
  memset(&x, 0, sizeof(x));
  for (i = 0; i < total; i++) {
    struct job *job = &jobs[i % alive];
    snprintf(texts[i % alive], sizeof(*texts), "8781062428%08u", i);
    job->in_use = true;
    job->task_id = texts[i % alive];
    kling_ids_add(&x, job->task_id, jobs, alive);
  }
  lua_pushinteger(L, count_known(&x, total - alive, total));
  lua_pushinteger(L, count_known(&x, total, total + 10000));
  lua_pushinteger(L, x.size);
  kling_ids_free(&x);
  free(texts);
  free(jobs);
  return 3;
}

static const luaL_Reg functions[] = {
    {"engine_hold",      parts_engine_hold     },
    {"engine_linger",    parts_engine_linger   },
    {"ids",              parts_ids             },
    {"with_allocations", parts_with_allocations},
    {NULL,               NULL                  },
};

void kling_parts_open_engine(lua_State *L) {
  kling_setfuncs(L, functions);
}
