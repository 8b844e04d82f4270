/* engine.h - runs the lives of many jobs over one http: who is due, who must
 * wait, what has changed. Knows no Lua. What a finished request means for its
 * job is in outcome.h. */
#ifndef KLING_ENGINE_H
#define KLING_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "cadence.h"
#include "gate.h"
#include "gateway.h"
#include "heap.h"
#include "http.h"
#include "ids.h"
#include "job.h"
#include "roundup.h"

/* API requests and downloads do not stand in each other's way. */
struct lane {
  struct heap due; /* jobs by when their next request is to be made */
  uint32_t in_flight;
  uint32_t limit;
};

/* What to do about a create that may have arrived. */
enum resolve_policy {
  RESOLVE_QUERY,    /* ask the service for its task */
  RESOLVE_RESUBMIT, /* ask, and send it again when there is none */
  RESOLVE_NEVER     /* give up at once, and say so */
};

struct engine_options {
  struct http_options http;
  struct cadence_options cadence;
  double submit_timeout;
  double resolve_timeout;
  enum resolve_policy resolve;
  uint32_t max_running; /* 0: no limit */
  uint32_t max_requests;
  bool is_gated; /* creates need a permit */
};

struct engine {
  struct http http;
  struct cadence cadence;
  struct gateway gateway;
  double submit_timeout;
  double resolve_timeout;
  enum resolve_policy resolve;
  struct job *jobs;
  uint32_t count; /* places used so far */
  uint32_t cap;
  uint32_t free; /* list of free places, by next_changed */
  struct lane lanes[2];
  struct gate gate;
  struct roundup roundup;
  struct ids ids; /* task ids that jobs have */
  struct job_list changed;
  unsigned changes; /* ever */
  double alarm;     /* clock; < 0: none */
  uint64_t random;
  bool is_open;
};

bool kling_engine_open(struct engine *e, const struct engine_options *o);
/* Safe twice. Jobs that run end with KLING_CLOSED and can still be read. */
void kling_engine_close(struct engine *e);
/* In a child of fork: let go of all this without a word on the sockets, which
 * are the parent's. Their memory is not given back. */
void kling_engine_abandon(struct engine *e);
/* After close: forget the jobs too. */
void kling_engine_free(struct engine *e);

/* A new job with one handle; NO_JOB when out of memory. The caller fills in
 * what the kind needs and then lets it begin. */
uint32_t kling_engine_new_job(struct engine *e, enum job_kind kind);
void kling_engine_begin(struct engine *e, uint32_t index);
/* Another handle; one less. */
void kling_engine_hold(struct engine *e, uint32_t index);
void kling_engine_drop(struct engine *e, uint32_t index);
/* False when it had ended. */
bool kling_engine_cancel(struct engine *e, uint32_t index);

/* Do what is due, let I/O happen, wait for it at most this long or until a job
 * changed. Returns how many changed. */
unsigned kling_engine_step(struct engine *e, double seconds);
/* Let the descriptor become readable in so many seconds, and stay so until the
 * alarm is set anew (negative: to never). */
void kling_engine_set_alarm(struct engine *e, double seconds);
/* When `step` has something to do, on kling_clock_now; < 0: I/O apart, never.
 */
double kling_engine_due(const struct engine *e);
/* The next task job that changed, once; NO_JOB at the end. With `hold` it has
 * one more handle. */
uint32_t kling_engine_next_changed(struct engine *e, bool hold);

/* To be called when a job has got a task id. */
void kling_engine_know_id(struct engine *e, const struct job *job);

/* --- for outcome.c and gate.c --- */

uint32_t kling_engine_index(const struct engine *e, const struct job *job);
/* A job that ended, whose end was told, and that nobody holds, is forgotten. */
void kling_engine_forget_if_over(struct engine *e, struct job *job);
/* What is due has changed outside a step: whoever sleeps is to know. */
void kling_engine_set_timer(struct engine *e);

/* Make the job's next request in so many seconds. */
void kling_engine_schedule(struct engine *e, struct job *job, double seconds);
void kling_engine_mark(struct engine *e, struct job *job);
void kling_engine_end(struct engine *e, struct job *job, enum job_event event,
                      enum kling_error code);
/* In [0, 1). */
double kling_engine_random(struct engine *e);

#endif
