/* gate.h - whose request may begin. Between being due and being sent a task's
 * request passes here: there must be a licence for it and, for a create, a
 * place among the tasks that may run at once and, where asked for, a permit. */
#ifndef KLING_GATE_H
#define KLING_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "job.h"
#include "limiter.h"

struct engine;

struct gate {
  struct job_list held;       /* creates without a place */
  struct job_list asking;     /* creates with a place, without a permit */
  struct job_list unlicensed; /* requests of any kind that no licence covers */
  struct limiter limiter;     /* how many places there are */
  double licensed_until;      /* kling_clock_boot */
  bool is_gated;              /* creates need a permit */
};

void kling_gate_open(struct gate *g, uint32_t max_running, bool is_gated);

/* May the job's request begin now? If not, the gate keeps the job, and lets it
 * be due again as soon as it may. */
bool kling_gate_pass(struct engine *e, struct job *job);

/* Let go those that may by now; when there may be more: on kling_clock_now, <
 * 0: not before something else happens. */
void kling_gate_let_go(struct engine *e);
double kling_gate_due(const struct engine *e);

/* Its task runs at the service. */
void kling_gate_accept(struct engine *e, struct job *job);
/* The job's place is free again. That of a task that goes on at the service
 * without us is kept until five minutes after it was accepted: the service has
 * no cancel, and nobody looks any more. */
void kling_gate_leave(struct engine *e, struct job *job);

/* The service takes no create now: too many tasks (`is_full`), or too many
 * requests. The job is the next to go. */
struct gate_refusal {
  bool is_full;
  bool is_asked; /* the service said for how long */
  double delay;  /* seconds */
};
void kling_gate_turn_away(struct engine *e, struct job *job,
                          const struct gate_refusal *refusal);

/* The next job, once each, whose create waits for a permit, with one more
 * handle; NO_JOB at the end. */
uint32_t kling_gate_next_asking(struct engine *e);
/* Let one create of the job begin. False when it waits for no permit. */
bool kling_gate_permit(struct engine *e, struct job *job);
/* End it unsent. False when it waits for no permit. */
bool kling_gate_refuse(struct engine *e, struct job *job,
                       enum kling_error code);

/* Permits that were not used are no longer good: their jobs ask again. */
void kling_gate_revoke(struct engine *e);

/* The job of a task that another process runs: it takes no place, and does
 * nothing until the caller has filled in how it goes on. */
void kling_gate_park(struct job *job);
/* False when it is not parked, or was cancelled. */
bool kling_gate_unpark(struct job *job);

/* A create was refused in a way that every other will be: end all that have not
 * been sent. `refused` may be NULL: it was not remembered. */
void kling_gate_end_unsent(struct engine *e, enum kling_error code,
                           const struct attempt *refused);

/* No request of a task begins later than so many seconds from now (INFINITY: no
 * limit). Those under way go on. */
void kling_gate_license(struct engine *e, double seconds);

/* Tasks that have no place yet. */
uint32_t kling_gate_queued(const struct engine *e);

#endif
