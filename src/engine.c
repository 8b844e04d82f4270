/* engine.c - runs the lives of many jobs over one http. */
#define _POSIX_C_SOURCE 200809L
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "clock.h"
#include "download.h"
#include "outcome.h"
#include "random.h"
#include "resolve.h"
#include "sink.h"

enum { DOWNLOADS = 8 }; /* in flight at once */

uint32_t kling_engine_index(const struct engine *e, const struct job *job) {
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
  e->free = e->changed.first = NO_JOB;
  e->alarm = -1.0;
  kling_cadence_open(&e->cadence, &o->cadence);
  e->submit_timeout = o->submit_timeout;
  kling_gate_open(&e->gate, o->max_running, o->is_gated);
  e->resolve_timeout = o->resolve_timeout;
  e->resolve = o->resolve;
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
    kling_sockets_close(&e->http.sockets);
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
  kling_gateway_free(&e->gateway);
  kling_ids_free(&e->ids);
  kling_roundup_index_free(&e->roundup.index);
  e->jobs = NULL;
  e->count = e->cap = 0;
  e->free = e->changed.first = NO_JOB;
}

/* --- the lives of jobs --- */

void kling_engine_schedule(struct engine *e, struct job *job, double seconds) {
  double due = kling_clock_now() + seconds;
  kling_heap_set(&lane_of(e, job)->due, kling_engine_index(e, job),
                 due > 0.0 ? due : 0.0); /* less would be never */
}

void kling_engine_begin(struct engine *e, uint32_t index) {
  e->jobs[index].has_begun = true;
  kling_engine_schedule(e, &e->jobs[index], 0.0);
  kling_engine_set_timer(e);
}

void kling_engine_end(struct engine *e, struct job *job, enum job_event event,
                      enum kling_error code) {
  if (!kling_job_apply(job, event)) {
    return;
  }
  job->code = (uint8_t)code;
  job->ended = kling_clock_now();
  kling_heap_remove(&lane_of(e, job)->due, kling_engine_index(e, job));
  kling_gate_leave(e, job);
  kling_engine_mark(e, job);
}

bool kling_engine_cancel(struct engine *e, uint32_t index) {
  bool stopped =
      kling_outcome_stop(e, &e->jobs[index], EVENT_CANCELLED, KLING_CANCELLED);
  if (stopped && e->is_open) { /* its place may be somebody's who sleeps */
    kling_engine_set_timer(e);
  }
  return stopped;
}

/* --- requests --- */

static struct transfer *make_request(struct engine *e, struct job *job) {
  struct http_request r;
  char path[API_PATH_SIZE];
  memset(&r, 0, sizeof(r));
  r.tag = kling_engine_index(e, job);
  r.path = path;
  if (job->kind == JOB_DOWNLOAD) {
    r.path = NULL;
    r.url = job->order->text;
    r.sink = job->sink;
  } else if (job->kind == JOB_LIST) {
    r.path_len = kling_api_path(NULL, path);
    r.query = job->order->text;
  } else if (job->kind == JOB_WARM) {
    r.path = "/";
    r.path_len = 1;
    r.is_empty = true;
  } else if (kling_job_is_asking(job)) {
    kling_resolve_fill(e, job, &r, path);
  } else if (kling_job_is_create(job)) {
    r.path_len = kling_api_path(NULL, path);
    r.body = job->order->text;
    r.body_len = job->order->len;
  } else {
    r.path_len = kling_api_path(job->task_id, path);
  }
  return kling_http_start(&e->http, &r);
}

static void start(struct engine *e, struct job *job) {
  if ((job->kind == JOB_DOWNLOAD && !kling_download_prepare(e, job)) ||
      !kling_gate_pass(e, job) || kling_roundup_take(e, job)) {
    return;
  }
  if (job->order && job->order->tried == 0.0) {
    job->order->tried = kling_clock_now();
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

static void start_due(struct engine *e, bool is_download) {
  struct lane *lane = &e->lanes[is_download];
  while (lane->in_flight < lane->limit) {
    const struct heap_entry *top = kling_heap_top(&lane->due);
    struct job *job;
    if (!top || top->due > e->http.now ||
        !kling_http_admits(&e->http, is_download)) {
      return;
    }
    job = &e->jobs[top->id];
    kling_heap_remove(&lane->due, top->id);
    start(e, job);
  }
}

static void finish_job(struct engine *e, struct job *job, struct transfer *t) {
  job->transfer = NULL;
  lane_of(e, job)->in_flight--;
  kling_outcome_finish(e, job, t);
  kling_http_release(&e->http, t);
  kling_engine_forget_if_over(e, job);
}

static void finish_page(struct engine *e, struct transfer *t) {
  e->lanes[0].in_flight--;
  kling_roundup_finish(e, t);
  kling_http_release(&e->http, t);
}

static void finish_requests(struct engine *e) {
  struct transfer *t;
  while ((t = kling_http_next(&e->http)) != NULL) {
    if (t->tag == ROUNDUP_TAG) {
      finish_page(e, t);
    } else {
      finish_job(e, &e->jobs[t->tag], t);
    }
  }
}

/* --- stepping --- */

static double lane_due(const struct engine *e, bool is_download) {
  const struct lane *lane = &e->lanes[is_download];
  const struct heap_entry *top = kling_heap_top(&lane->due);
  return top && lane->in_flight < lane->limit &&
                 !kling_http_is_full(&e->http, is_download)
             ? top->due
             : -1.0;
}

double kling_engine_due(const struct engine *e) {
  double due = kling_http_due(&e->http);
  if (due == 0.0) { /* nothing is earlier */
    return due;
  }
  due = kling_clock_earlier(due, kling_gate_due(e));
  return kling_clock_earlier(
      due, kling_clock_earlier(lane_due(e, false), lane_due(e, true)));
}

/* For who sleeps on the descriptor; a step is not for the alarm to cut short.
 */
void kling_engine_set_timer(struct engine *e) {
  kling_poller_set_timer(&e->http.poller,
                         kling_clock_earlier(kling_engine_due(e), e->alarm));
}

void kling_engine_set_alarm(struct engine *e, double seconds) {
  e->alarm = seconds < 0.0 ? -1.0 : kling_clock_now() + seconds;
  kling_engine_set_timer(e);
}

/* Until something comes, is due, or it is so late; false: a signal came. */
static bool wait(struct engine *e, double until) {
  double due = kling_engine_due(e);
  double left = (due >= 0.0 && due < until ? due : until) - e->http.now;
  if (left > 0.0) { /* unless it has fallen due in this turn */
    left += e->http.now - kling_clock_now();
  }
  if (left > 0.0) { /* the timer is more exact than the poller's milliseconds */
    kling_poller_set_timer(&e->http.poller, due);
  }
  return kling_http_wait(&e->http, left > 0.0 ? left : 0.0);
}

unsigned kling_engine_step(struct engine *e, double seconds) {
  unsigned before = e->changes;
  double until;
  bool undisturbed;
  kling_gate_let_go(e);
  until = kling_http_begin_turn(&e->http) + seconds;
  do {
    start_due(e, false);
    start_due(e, true);
    undisturbed = wait(e, e->changes == before ? until : 0.0);
    finish_requests(e);
    kling_gate_let_go(e); /* what may go now is due in the next turn */
  } while (undisturbed && e->changes == before &&
           kling_http_begin_turn(&e->http) < until);
  kling_engine_set_timer(e);
  return e->changes - before;
}
