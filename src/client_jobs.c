/* client_jobs.c - what Lua reads of a client's jobs. */
#include "client_jobs.h"

#include <string.h>

#include "client.h"
#include "client_download.h"
#include "clock.h"
#include "handle.h"
#include "info.h"
#include "lifespan.h"
#include "reply.h"
#include "sink.h"

/* What goes on to allocate in Lua takes a copy: see struct info. The reply and
 * the file of a job that has ended stay as long as its handle. */
static const struct job *check_job(lua_State *L) {
  const struct client *c = kling_client_check_any(L, 1);
  return &c->engine.jobs[kling_handle_check(L, 2)];
}

static int client_info(lua_State *L) { /* Lua: raw.info(client, job) */
  const struct client *c = kling_client_check_any(L, 1);
  const struct job *job = check_job(L);
  double eta = kling_lifespan_left(&c->engine, job, 0.5);
  struct info info;
  kling_info_take(&info, job);
  lua_pushstring(L, kling_job_state_name((enum job_state)info.job.state));
  kling_info_push(L, &info);
  if (eta >= 0.0) {
    lua_pushnumber(L, eta);
    lua_setfield(L, -2, "eta");
  }
  return 2;
}

static int client_ended(lua_State *L) { /* Lua: raw.ended(client, job) */
  const struct job *job = check_job(L);
  if (!kling_job_is_end((enum job_state)job->state)) {
    lua_pushboolean(L, 0);
  } else {
    lua_pushstring(L, kling_job_state_name((enum job_state)job->state));
  }
  return 1;
}

static int client_failure(lua_State *L) { /* Lua: raw.failure(client, job) */
  const struct client *c = kling_client_check_any(L, 1);
  kling_info_push_failure(L, &c->engine, kling_handle_check(L, 2));
  return 1;
}

/* Lua: raw.known(client, job): the failure fields task_state and billed. */
static int client_known(lua_State *L) {
  kling_info_push_known(L, check_job(L));
  return 2;
}

/* What a job that succeeded brought: a task, a list of tasks, or the facts of
 * a file. */
static int client_take(lua_State *L) { /* Lua: raw.take(client, job) */
  const struct job job = *check_job(L);
  struct api_reply reply;
  luaL_argcheck(L, job.state == JOB_SUCCEEDED, 2, "job has not succeeded");
  if (job.kind == JOB_DOWNLOAD) {
    kling_client_push_download(L, &job);
    return 1;
  }
  kling_api_read(job.kind == JOB_LIST ? API_LIST : API_QUERY, 200, job.reply,
                 strlen(job.reply), &reply);
  if (job.kind == JOB_LIST) {
    kling_reply_push_tasks(L, reply.items);
  } else {
    kling_reply_push_task(L, &reply.task, reply.document);
  }
  return 1;
}

/* Lua: raw.reply(client, job). The last reply of a task that succeeded, as it
 * came; nil of any other. */
static int client_reply(lua_State *L) {
  const struct job job = *check_job(L);
  if (!job.reply) {
    return 0;
  }
  lua_pushstring(L, job.reply);
  return 1;
}

static int client_progress(lua_State *L) { /* Lua: raw.progress(client, job) */
  const struct job job = *check_job(L);
  if (!job.sink) {
    return 0;
  }
  lua_pushinteger(L, (lua_Integer)job.sink->bytes);
  if (job.sink->expected < 0) {
    return 1;
  }
  lua_pushinteger(L, (lua_Integer)job.sink->expected);
  return 2;
}

enum { FINGERPRINT_DIGITS = 2 * JOB_FINGERPRINT };

static int digit(char c) {
  return (c <= '9' ? c - '0' : c - 'a' + 10) & 15;
}

/* Lua: raw.set_fingerprint(client, job, digest): of the request it is for, in
 * hexadecimal digits; the first of them are kept. Whoever wrote into the store
 * may have written anything. */
static int client_set_fingerprint(lua_State *L) {
  const struct client *c = kling_client_check_any(L, 1);
  uint8_t *kept = c->engine.jobs[kling_handle_check(L, 2)].fingerprint;
  size_t len, i;
  const char *digits = luaL_checklstring(L, 3, &len);
  for (i = 0; i < JOB_FINGERPRINT && 2 * i + 1 < len; i++) {
    kept[i] = (uint8_t)(digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]));
  }
  return 0;
}

/* Lua: raw.fingerprint(client, job): those digits, so many as
 * raw.fingerprint_digits */
static int client_fingerprint(lua_State *L) {
  const uint8_t *kept = check_job(L)->fingerprint;
  char digits[FINGERPRINT_DIGITS];
  size_t i;
  for (i = 0; i < sizeof(digits); i++) {
    int half = kept[i / 2] >> (i % 2 ? 0 : 4) & 15;
    digits[i] = "0123456789abcdef"[half];
  }
  lua_pushlstring(L, digits, sizeof(digits));
  return 1;
}

static int
client_external_id(lua_State *L) { /* Lua: raw.external_id(client, job) */
  struct info info;
  kling_info_take(&info, check_job(L));
  lua_pushstring(L, info.job.external_task_id);
  return 1;
}

/* Lua: raw.place(client, job): a number that is the job's own while a handle of
 * it is kept */
static int client_place(lua_State *L) {
  kling_client_check_any(L, 1);
  lua_pushinteger(L, (lua_Integer)kling_handle_check(L, 2));
  return 1;
}

/* Lua: raw.age(client, job): seconds since it was made */
static int client_age(lua_State *L) {
  lua_pushnumber(L, kling_clock_now() - check_job(L)->started);
  return 1;
}

static const luaL_Reg functions[] = {
    {"age",             client_age            },
    {"ended",           client_ended          },
    {"external_id",     client_external_id    },
    {"failure",         client_failure        },
    {"fingerprint",     client_fingerprint    },
    {"info",            client_info           },
    {"known",           client_known          },
    {"place",           client_place          },
    {"progress",        client_progress       },
    {"reply",           client_reply          },
    {"set_fingerprint", client_set_fingerprint},
    {"take",            client_take           },
    {NULL,              NULL                  },
};

void kling_client_jobs_open(lua_State *L) {
  kling_setfuncs(L, functions);
  lua_pushinteger(L, FINGERPRINT_DIGITS);
  lua_setfield(L, -2, "fingerprint_digits");
}
