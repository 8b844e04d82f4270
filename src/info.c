/* info.c - what Lua may know of a job. */
#include "info.h"

#include <stdio.h>

#include "clock.h"
#include "http.h"
#include "sink.h"

static void set_string(lua_State *L, const char *name, const char *text) {
  if (text && text[0]) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
  }
}

static void set_number(lua_State *L, const char *name, double n) {
  lua_pushnumber(L, n);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, long n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, name);
}

static void set_boolean(lua_State *L, const char *name, bool b) {
  lua_pushboolean(L, b);
  lua_setfield(L, -2, name);
}

static char *copy(char to[INFO_TEXT_SIZE], const char *text) {
  return text ? (snprintf(to, INFO_TEXT_SIZE, "%s", text), to) : NULL;
}

void kling_info_take(struct info *info, const struct job *job) {
  info->job = *job;
  info->job.task_id = copy(info->task_id, job->task_id);
  info->job.external_task_id =
      copy(info->external_task_id, job->external_task_id);
  info->job.status = copy(info->status, job->status);
}

void kling_info_push(lua_State *L, const struct info *info) {
  const struct job *job = &info->job;
  double end = job->ended > 0.0 ? job->ended : kling_clock_now();
  lua_createtable(L, 0, 6);
  set_string(L, "task_id", job->task_id);
  set_string(L, "external_task_id", job->external_task_id);
  set_string(L, "status", job->status);
  set_number(L, "elapsed", end - job->started);
  if (job->was_warned) {
    lua_pushfstring(L, "the status '%s' is unknown; taken as still running",
                    job->status ? job->status : "?");
    lua_setfield(L, -2, "warning");
  }
}

/* --- failures --- */

static const char *request_name(enum attempt_request request) {
  static const char *const names[] = {"create", "query", "list", "download",
                                      "warm"};
  return names[request];
}

static void push_attempt(lua_State *L, const struct attempt *a) {
  lua_createtable(L, 0, 9);
  set_number(L, "at", a->at);
  set_string(L, "request", request_name(a->request));
  set_string(L, "code", kling_error_code(a->code));
  set_boolean(L, "retryable", a->retryable);
  set_boolean(L, "untrusted", a->untrusted);
  set_boolean(L, "unsent", a->unsent);
  set_string(L, "service_code", a->service_code);
  set_string(L, "service_message", a->words);
  set_string(L, "request_id", a->request_id);
  set_string(L, "problem", a->problem);
  if (a->http_status) {
    set_integer(L, "http_status", a->http_status);
  }
  if (a->curl_code) {
    set_string(L, "transport", kling_http_words(a->curl_code));
  }
  if (a->io_error) {
    set_string(L, "io", kling_sink_words(a->io_error));
  }
}

/* Push the n-th; false: there are not so many. */
static bool push_nth(lua_State *L, const struct attempts *attempts,
                     unsigned n) {
  struct attempt a;
  char words[INFO_TEXT_SIZE];
  if (!attempts || n >= attempts->count) {
    return false;
  }
  a = attempts->list[n];
  a.words = copy(words, a.words);
  push_attempt(L, &a);
  return true;
}

/* Found anew for each: see struct info. */
static void set_attempts(lua_State *L, const struct engine *e, uint32_t index) {
  unsigned n = 0;
  lua_newtable(L);
  while (push_nth(L, e->jobs[index].attempts, n)) {
    lua_rawseti(L, -2, (int)++n);
  }
  lua_setfield(L, -2, "attempts");
}

static enum kling_error code_of(const struct job *job) {
  const struct attempt *last = kling_attempt_last(job->attempts);
  if (kling_job_is_end((enum job_state)job->state)) {
    return (enum kling_error)job->code;
  }
  if (kling_job_is_asking(job)) {
    return (enum kling_error)job->order->resolution.code;
  }
  return last ? last->code : KLING_OK;
}

/* A create on its way may have arrived. */
static bool is_leaving(const struct job *job) {
  return kling_job_is_create(job) && job->transfer &&
         kling_transfer_was_sent(job->transfer);
}

void kling_info_push_known(lua_State *L, const struct job *job) {
  static const char *const existence[] = {"not-created", "may-exist", "exists"};
  static const char *const billed[] = {"no", "maybe", "yes"};
  bool leaving = is_leaving(job);
  int task_state = leaving ? MAY_EXIST : job->existence;
  int bill = leaving ? BILLED_MAYBE : job->billed;
  lua_pushstring(L, existence[task_state]);
  lua_pushstring(L, billed[bill]);
}

static void push_facts(lua_State *L, const struct job *job,
                       enum kling_error code) {
  static const char *const operations[] = {"wait", "query", "list", "save",
                                           "warm"};
  lua_createtable(L, 0, 14);
  set_string(L, "code", kling_error_code(code));
  set_string(L, "operation",
             job->kind == JOB_TASK && !job->task_id ? "submit"
                                                    : operations[job->kind]);
  set_string(L, "task_id", job->task_id);
  set_string(L, "external_task_id", job->external_task_id);
}

void kling_info_push_failure(lua_State *L, const struct engine *e,
                             uint32_t index) {
  enum kling_error code = code_of(&e->jobs[index]);
  struct info info;
  if (code == KLING_OK) {
    lua_pushnil(L);
    return;
  }
  kling_info_take(&info, &e->jobs[index]);
  push_facts(L, &info.job, code);
  kling_info_push_known(L, &e->jobs[index]);
  lua_setfield(L, -3, "billed");
  lua_setfield(L, -2, "task_state");
  set_attempts(L, e, index);
}
