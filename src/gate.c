/* gate.c - whose request may begin. */
#include "gate.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "engine.h"

static const double LINGER = 300.0; /* seconds */

void kling_gate_open(struct gate *g, uint32_t max_running, bool is_gated) {
  memset(g, 0, sizeof(*g));
  g->held.first = g->asking.first = g->unlicensed.first = NO_JOB;
  kling_limiter_open(&g->limiter, max_running);
  g->licensed_until = INFINITY;
  g->is_gated = is_gated;
}

/* --- lists of jobs that wait here; a job is in one of them at most --- */

static void put(struct engine *e, struct job_list *list, struct job *job) {
  uint32_t i = kling_engine_index(e, job);
  if (job->is_held) {
    return; /* a hint made it due a second time */
  }
  job->is_held = true;
  job->next_held = NO_JOB;
  if (list->first == NO_JOB) {
    list->first = i;
  } else {
    e->jobs[list->last].next_held = i;
  }
  list->last = i;
}

static void put_first(struct engine *e, struct job_list *list,
                      struct job *job) {
  uint32_t i = kling_engine_index(e, job);
  job->is_held = true;
  job->next_held = list->first;
  if (list->first == NO_JOB) {
    list->last = i;
  }
  list->first = i;
}

static struct job *take(struct engine *e, struct job_list *list) {
  struct job *job = &e->jobs[list->first];
  list->first = job->next_held;
  job->is_held = false;
  return job;
}

/* Those that ended while they waited are passed over. */
static bool has_some(struct engine *e, struct job_list *list) {
  while (list->first != NO_JOB &&
         kling_job_is_end((enum job_state)e->jobs[list->first].state)) {
    kling_engine_forget_if_over(e, take(e, list));
  }
  return list->first != NO_JOB;
}

static bool is_queued(const struct job *job) {
  return job->in_use && job->kind == JOB_TASK && job->state == JOB_QUEUED &&
         !job->is_parked;
}

/* --- places --- */

static void enter(struct engine *e, struct job *job) {
  job->is_running = true;
  kling_limiter_start(&e->gate.limiter, kling_clock_now());
}

static bool has_room(const struct engine *e) {
  return kling_limiter_due(&e->gate.limiter) <= kling_clock_now();
}

/* They get their place here and not when they start: nobody may come between.
 */
void kling_gate_let_go(struct engine *e) {
  while (has_some(e, &e->gate.held) && has_room(e)) {
    struct job *job = take(e, &e->gate.held);
    enter(e, job);
    kling_engine_schedule(e, job, 0.0);
  }
}

double kling_gate_due(const struct engine *e) {
  double due = kling_limiter_due(&e->gate.limiter);
  return e->gate.held.first == NO_JOB || isinf(due) ? -1.0 : due;
}

static bool find_place(struct engine *e, struct job *job) {
  if (job->is_running) {
    return true;
  }
  if (has_some(e, &e->gate.held) || !has_room(e)) {
    put(e, &e->gate.held, job);
    return false;
  }
  enter(e, job);
  return true;
}

void kling_gate_accept(struct engine *e, struct job *job) {
  if (job->is_alive) {
    return;
  }
  if (job->is_running) {
    kling_limiter_accept(&e->gate.limiter);
  } else {
    job->is_running = true;
    kling_limiter_find(&e->gate.limiter);
  }
  job->is_alive = true;
  kling_gate_let_go(e);
}

static void give_back(struct engine *e, struct job *job) {
  kling_limiter_leave(&e->gate.limiter, job->is_alive);
  job->is_running = job->is_alive = false;
  kling_gate_let_go(e);
}

/* Did it end for us alone? */
static bool goes_on(const struct job *job) {
  return job->is_alive && job->state != JOB_SUCCEEDED &&
         job->code != KLING_FAILED && job->code != KLING_NOT_FOUND;
}

void kling_gate_leave(struct engine *e, struct job *job) {
  double since = job->accepted > 0.0 ? job->accepted : job->started;
  double left = since + LINGER - kling_clock_now();
  if (!job->is_running) {
    return;
  }
  if (goes_on(job) && left > 0.0) {
    kling_engine_schedule(e, job, left);
  } else {
    give_back(e, job);
  }
}

void kling_gate_turn_away(struct engine *e, struct job *job,
                          const struct gate_refusal *refusal) {
  struct limiter *l = &e->gate.limiter;
  double now = kling_clock_now();
  if (refusal->is_full) {
    kling_limiter_full(l, job->order->sent, now, refusal->delay,
                       refusal->is_asked);
  } else {
    kling_limiter_fast(l, job->order->sent, now, refusal->delay);
  }
  job->is_running = false;
  put_first(e, &e->gate.held, job);
  kling_gate_let_go(e);
}

/* --- permits --- */

static bool find_permit(struct engine *e, struct job *job) {
  if (e->gate.is_gated && !job->is_permitted) {
    job->is_asking = true;
    put(e, &e->gate.asking, job);
    e->changes++; /* whoever steps is to look at who asks */
    return false;
  }
  job->is_permitted = false; /* it is for one request */
  job->order->sent = kling_clock_now();
  return true;
}

uint32_t kling_gate_next_asking(struct engine *e) {
  struct job *job;
  if (!has_some(e, &e->gate.asking)) {
    return NO_JOB;
  }
  job = take(e, &e->gate.asking);
  job->handles++;
  return kling_engine_index(e, job);
}

static bool stop_asking(struct job *job) {
  bool was_asking =
      job->is_asking && !kling_job_is_end((enum job_state)job->state);
  job->is_asking = false;
  return was_asking;
}

bool kling_gate_permit(struct engine *e, struct job *job) {
  if (!stop_asking(job)) {
    return false;
  }
  job->is_permitted = true;
  kling_engine_begin(e, kling_engine_index(e, job));
  return true;
}

bool kling_gate_refuse(struct engine *e, struct job *job,
                       enum kling_error code) {
  if (!stop_asking(job)) {
    return false;
  }
  kling_engine_end(e, job, EVENT_FAILED, code);
  kling_engine_set_timer(e); /* its place may be somebody's who sleeps */
  return true;
}

void kling_gate_revoke(struct engine *e) {
  uint32_t i;
  for (i = 0; i < e->count; i++) {
    e->jobs[i].is_permitted = false;
  }
}

void kling_gate_park(struct job *job) {
  job->is_parked = true;
  job->existence = MAY_EXIST;
  job->billed = BILLED_MAYBE;
}

bool kling_gate_unpark(struct job *job) {
  bool was_parked =
      job->is_parked && !kling_job_is_end((enum job_state)job->state);
  job->is_parked = false;
  return was_parked;
}

void kling_gate_end_unsent(struct engine *e, enum kling_error code,
                           const struct attempt *refused) {
  uint32_t i;
  for (i = 0; i < e->count; i++) {
    struct job *job = &e->jobs[i];
    if (is_queued(job)) {
      if (refused) {
        kling_attempt_add_unsent(&job->attempts, refused);
      }
      kling_engine_end(e, job, EVENT_FAILED, code);
    }
  }
}

/* --- the licence --- */

static bool is_licensed(const struct gate *g) {
  return g->licensed_until == INFINITY ||
         kling_clock_boot() < g->licensed_until;
}

void kling_gate_license(struct engine *e, double seconds) {
  e->gate.licensed_until = kling_clock_boot() + seconds;
  if (is_licensed(&e->gate)) {
    while (has_some(e, &e->gate.unlicensed)) {
      kling_engine_schedule(e, take(e, &e->gate.unlicensed), 0.0);
    }
    kling_engine_set_timer(e);
  }
}

/* --- passing --- */

bool kling_gate_pass(struct engine *e, struct job *job) {
  if (job->kind != JOB_TASK) {
    return true;
  }
  if (kling_job_is_end((enum job_state)job->state)) {
    give_back(e, job); /* it has gone on long enough */
    kling_engine_forget_if_over(e, job);
    return false;
  }
  if (!is_licensed(&e->gate)) {
    put(e, &e->gate.unlicensed, job);
    return false;
  }
  return !kling_job_is_create(job) ||
         (find_place(e, job) && find_permit(e, job));
}

uint32_t kling_gate_queued(const struct engine *e) {
  uint32_t count = 0;
  uint32_t i;
  for (i = 0; i < e->count; i++) {
    const struct job *job = &e->jobs[i];
    count += is_queued(job) && !job->is_running;
  }
  return count;
}
