/* engine.c - runs the lives of many jobs over one http. */
#define _POSIX_C_SOURCE 200809L
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "clock.h"
#include "outcome.h"
#include "random.h"
#include "sink.h"

enum { DOWNLOADS = 8 }; /* in flight at once */

static uint32_t index_of(const struct engine *e, const struct job *job) {
  return (uint32_t)(job - e->jobs);
}

static struct lane *lane_of(struct engine *e, const struct job *job) {
  return &e->lanes[job->kind == JOB_DOWNLOAD];
}

double kling_engine_random(struct engine *e) {
  e->random ^= e->random << 13;
  e->random ^= e->random >> 7;
  e->random ^= e->random << 17;
  return (double)(e->random >> 11) / 9007199254740992.0; /* 2^53 */
}

/* --- opening and closing --- */

bool kling_engine_open(struct engine *e, const struct engine_options *o) {
  memset(e, 0, sizeof(*e));
  e->free = e->held.first = e->changed.first = NO_JOB;
  e->alarm = -1.0;
  e->cadence = o->cadence;
  e->submit_timeout = o->submit_timeout;
  e->max_running = o->max_running;
  e->lanes[0].limit = o->max_requests;
  e->lanes[1].limit = DOWNLOADS;
  kling_random_bytes(&e->random, sizeof(e->random));
  e->random |= 1; /* the generator stands still at 0 */
  e->is_open = kling_http_open(&e->http, &o->http);
  return e->is_open;
}

void kling_engine_close(struct engine *e) {
  uint32_t i;
  if (!e->is_open) {
    return;
  }
  e->is_open = false;
  for (i = 0; i < e->count; i++) {
    if (e->jobs[i].in_use) {
      kling_outcome_stop(e, &e->jobs[i], EVENT_FAILED, KLING_CLOSED);
    }
  }
  kling_http_close(&e->http);
}

void kling_engine_abandon(struct engine *e) {
  uint32_t i;
  e->is_open = false;
  for (i = 0; i < e->count; i++) {
    e->jobs[i].transfer = NULL;
    if (e->jobs[i].sink) { /* the part file is the parent's */
      e->jobs[i].sink->unfinished = false;
    }
  }
  if (e->http.multi) {
    kling_poller_close(&e->http.poller);
    memset(&e->http, 0, sizeof(e->http));
  }
}

void kling_engine_free(struct engine *e) {
  uint32_t i;
  kling_engine_close(e);
  for (i = 0; i < e->count; i++) {
    kling_job_clear(&e->jobs[i]);
  }
  free(e->jobs);
  kling_heap_free(&e->lanes[0].due);
  kling_heap_free(&e->lanes[1].due);
  e->jobs = NULL;
  e->count = e->cap = 0;
  e->free = e->held.first = e->changed.first = NO_JOB;
}

/* --- places for jobs --- */

static bool grow(struct engine *e) {
  uint32_t cap = e->cap ? e->cap * 2 : 16;
  struct job *jobs;
  if (!kling_heap_reserve(&e->lanes[0].due, cap) ||
      !kling_heap_reserve(&e->lanes[1].due, cap)) {
    return false;
  }
  jobs = realloc(e->jobs, cap * sizeof(*jobs));
  if (!jobs) {
    return false;
  }
  memset(jobs + e->cap, 0, (cap - e->cap) * sizeof(*jobs));
  e->jobs = jobs;
  e->cap = cap;
  return true;
}

uint32_t kling_engine_new_job(struct engine *e, enum job_kind kind) {
  uint32_t i = e->free;
  struct job *job;
  if (i != NO_JOB) {
    e->free = e->jobs[i].next_changed;
  } else if (e->count < e->cap || grow(e)) {
    i = e->count++;
  } else {
    return NO_JOB;
  }
  job = &e->jobs[i];
  kling_job_clear(job);
  job->in_use = true;
  job->kind = (uint8_t)kind;
  job->handles = 1;
  job->started = kling_clock_now();
  return i;
}

/* A job that ended, whose end was told, and that nobody holds, is forgotten. */
static void forget_if_over(struct engine *e, struct job *job) {
  if (!job->in_use || job->handles > 0 || job->is_changed || job->is_held ||
      job->transfer || !kling_job_is_end(job->state)) {
    return;
  }
  kling_job_clear(job);
  job->generation++;
  job->next_changed = e->free;
  e->free = index_of(e, job);
}

void kling_engine_hold(struct engine *e, uint32_t index) {
  e->jobs[index].handles++;
}

void kling_engine_drop(struct engine *e, uint32_t index) {
  struct job *job = &e->jobs[index];
  job->handles--;
  if (job->handles == 0 && job->kind != JOB_TASK) {
    kling_engine_cancel(e, index); /* who asked is gone, after an error say */
  }
  forget_if_over(e, job);
}

/* --- lists and the heap --- */

void kling_engine_mark(struct engine *e, struct job *job) {
  uint32_t i = index_of(e, job);
  e->changes++;
  if (job->is_changed) {
    return;
  }
  job->is_changed = true;
  job->next_changed = NO_JOB;
  if (e->changed.first == NO_JOB) {
    e->changed.first = i;
  } else {
    e->jobs[e->changed.last].next_changed = i;
  }
  e->changed.last = i;
}

uint32_t kling_engine_next_changed(struct engine *e, bool hold) {
  while (e->changed.first != NO_JOB) {
    uint32_t i = e->changed.first;
    struct job *job = &e->jobs[i];
    e->changed.first = job->next_changed;
    job->is_changed = false;
    if (job->kind == JOB_TASK && hold) {
      job->handles++;
      return i;
    }
    forget_if_over(e, job);
  }
  return NO_JOB;
}

static void hold_back(struct engine *e, struct job *job) {
  uint32_t i = index_of(e, job);
  job->is_held = true;
  job->next_held = NO_JOB;
  if (e->held.first == NO_JOB) {
    e->held.first = i;
  } else {
    e->jobs[e->held.last].next_held = i;
  }
  e->held.last = i;
}

/* One that was held back may go; those that ended meanwhile are passed over. */
static void let_one_go(struct engine *e) {
  while (e->held.first != NO_JOB) {
    struct job *job = &e->jobs[e->held.first];
    e->held.first = job->next_held;
    job->is_held = false;
    if (job->state == JOB_QUEUED) {
      kling_engine_schedule(e, job, 0.0);
      return;
    }
    forget_if_over(e, job);
  }
}

void kling_engine_stop_running(struct engine *e, struct job *job) {
  if (job->is_running) {
    job->is_running = false;
    e->running--;
    let_one_go(e);
  }
}

void kling_engine_schedule(struct engine *e, struct job *job, double seconds) {
  kling_heap_set(&lane_of(e, job)->due, index_of(e, job),
                 kling_clock_now() + seconds);
}

void kling_engine_begin(struct engine *e, uint32_t index) {
  kling_engine_schedule(e, &e->jobs[index], 0.0);
  kling_poller_set_timer(&e->http.poller, kling_engine_due(e));
}

void kling_engine_end(struct engine *e, struct job *job, enum job_event event,
                      enum kling_error code) {
  if (!kling_job_apply(job, event)) {
    return;
  }
  job->code = (uint8_t)code;
  job->ended = kling_clock_now();
  kling_heap_remove(&lane_of(e, job)->due, index_of(e, job));
  kling_engine_stop_running(e, job);
  kling_engine_mark(e, job);
}

bool kling_engine_cancel(struct engine *e, uint32_t index) {
  bool stopped =
      kling_outcome_stop(e, &e->jobs[index], EVENT_CANCELLED, KLING_CANCELLED);
  if (stopped && e->is_open) { /* its place may be somebody's who sleeps */
    kling_poller_set_timer(&e->http.poller, kling_engine_due(e));
  }
  return stopped;
}

/* --- requests --- */

static bool is_create(const struct job *job) {
  return job->kind == JOB_TASK && job->state <= JOB_SUBMITTING;
}

static bool may_run(struct engine *e, struct job *job) {
  if (!is_create(job) || job->is_running) {
    return true;
  }
  if (e->max_running > 0 && e->running >= e->max_running) {
    return false;
  }
  job->is_running = true;
  e->running++;
  return true;
}

static struct transfer *make_request(struct engine *e, struct job *job) {
  struct http_request r;
  char path[API_PATH_SIZE];
  memset(&r, 0, sizeof(r));
  r.tag = index_of(e, job);
  r.path = path;
  if (job->kind == JOB_DOWNLOAD) {
    r.path = NULL;
    r.url = job->body;
    r.sink = job->sink;
  } else if (job->kind == JOB_LIST) {
    kling_api_path(NULL, path);
    r.query = job->body;
  } else if (is_create(job)) {
    kling_api_path(NULL, path);
    r.body = job->body;
    r.body_len = job->body_len;
  } else {
    kling_api_path(job->task_id, path);
  }
  return kling_http_start(&e->http, &r);
}

static void start(struct engine *e, struct job *job) {
  if (!may_run(e, job)) {
    hold_back(e, job);
    return;
  }
  if (job->tried == 0.0) {
    job->tried = kling_clock_now();
  }
  job->is_hinted = false; /* this request is younger than the hint */
  job->transfer = make_request(e, job);
  if (!job->transfer) {
    kling_outcome_no_memory(e, job);
    return;
  }
  lane_of(e, job)->in_flight++;
  if (kling_job_apply(job, EVENT_SENT)) {
    kling_engine_mark(e, job);
  }
}

static void start_due(struct engine *e, struct lane *lane) {
  double now = kling_clock_now();
  while (lane->in_flight < lane->limit) {
    const struct heap_entry *top = kling_heap_top(&lane->due);
    struct job *job;
    if (!top || top->due > now) {
      return;
    }
    job = &e->jobs[top->id];
    kling_heap_remove(&lane->due, top->id);
    start(e, job);
  }
}

static void finish_requests(struct engine *e) {
  struct transfer *t;
  while ((t = kling_http_next(&e->http)) != NULL) {
    struct job *job = &e->jobs[t->tag];
    job->transfer = NULL;
    lane_of(e, job)->in_flight--;
    kling_outcome_finish(e, job, t);
    kling_http_release(&e->http, t);
    forget_if_over(e, job);
  }
}

/* --- stepping --- */

static double earlier(double a, double b) {
  if (a < 0.0 || b < 0.0) {
    return a < 0.0 ? b : a;
  }
  return a < b ? a : b;
}

static double lane_due(const struct lane *lane) {
  const struct heap_entry *top = kling_heap_top(&lane->due);
  return top && lane->in_flight < lane->limit ? top->due : -1.0;
}

double kling_engine_due(const struct engine *e) {
  double due = earlier(lane_due(&e->lanes[0]), lane_due(&e->lanes[1]));
  return earlier(due, kling_http_due(&e->http));
}

/* For who sleeps on the descriptor; a step is not for the alarm to cut short.
 */
static void set_timer(struct engine *e) {
  kling_poller_set_timer(&e->http.poller,
                         earlier(kling_engine_due(e), e->alarm));
}

void kling_engine_set_alarm(struct engine *e, double seconds) {
  e->alarm = seconds < 0.0 ? -1.0 : kling_clock_now() + seconds;
  set_timer(e);
}

static double seconds_to_wait(const struct engine *e, double until) {
  double due = kling_engine_due(e);
  double left = (due >= 0.0 && due < until ? due : until) - kling_clock_now();
  return left > 0.0 ? left : 0.0;
}

unsigned kling_engine_step(struct engine *e, double seconds) {
  double until = kling_clock_now() + seconds;
  unsigned before = e->changes;
  bool undisturbed;
  do {
    start_due(e, &e->lanes[0]);
    start_due(e, &e->lanes[1]);
    kling_poller_set_timer(&e->http.poller, kling_engine_due(e));
    undisturbed = kling_http_wait(
        &e->http, seconds_to_wait(e, e->changes == before ? until : 0.0));
    finish_requests(e);
  } while (undisturbed && e->changes == before && kling_clock_now() < until);
  set_timer(e);
  return e->changes - before;
}
