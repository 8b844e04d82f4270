/* job.h - one job: a task's life, or a single request. What it knows, its
 * states, and what each event does to it. Not responsible for making events
 * happen (engine.h). */
#ifndef KLING_JOB_H
#define KLING_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt.h"

struct sink;
struct transfer;

enum job_kind { JOB_TASK, JOB_QUERY, JOB_LIST, JOB_DOWNLOAD, JOB_WARM };

/* A single request is queued, submitting, and then succeeded or failed. */
enum job_state {
  JOB_QUEUED,
  JOB_SUBMITTING,
  JOB_SUBMITTED,
  JOB_PROCESSING,
  JOB_SUCCEEDED,
  JOB_FAILED,
  JOB_CANCELLED,
  JOB_STATE_COUNT
};

enum job_event {
  EVENT_SENT,       /* its create request, or its single request, was begun */
  EVENT_REPULSED,   /* the create did not arrive, or not now: try again */
  EVENT_SUBMITTED,  /* the service says it has it */
  EVENT_PROCESSING, /* the service says it works on it */
  EVENT_SUCCEEDED,
  EVENT_FAILED, /* for good: refused, failed at the service, or lost to us */
  EVENT_CANCELLED,
  EVENT_COUNT
};

/* Does the task exist at the service? */
enum job_existence { NOT_CREATED, MAY_EXIST, EXISTS };

enum job_billed { BILLED_NO, BILLED_MAYBE, BILLED_YES };

/* Bytes of a digest of what was asked for: as many as struct job has room for
 * without growing, and enough that no two meet. */
enum { JOB_FINGERPRINT = 11 };

/* In an array of jobs, by their places in it. */
struct job_list {
  uint32_t first;
  uint32_t last;
};

#define NO_JOB UINT32_MAX

/* A create whose outcome is unknown: how its task is asked for (resolve.h). */
enum job_ask { ASK_NOTHING, ASK_QUERY, ASK_PROBE, ASK_LIST };

struct resolution {
  uint8_t ask;      /* what is asked next, or now */
  uint8_t code;     /* enum kling_error: what went wrong with the create */
  uint8_t page;     /* of the list */
  bool is_taken;    /* the service has a task of this external id */
  bool is_answered; /* in this round the service said something clear */
  bool is_missing;  /* and that it knows no such external id */
  bool is_listed;  /* and which external ids it knows: ours is not among them */
  unsigned rounds; /* that were answered */
  double spent;    /* seconds of resolve_timeout */
  double mark;     /* clock: when the last round ended */
};

/* What a job asks with, and how that goes: gone once its task is accepted. */
struct order {
  struct resolution resolution;
  double tried; /* clock: the first create request; 0: none yet */
  double sent;  /* clock: the last one */
  size_t len;
  char text[]; /* the create's JSON; a list's query; a download's URL */
};

/* Many thousands may wait: what most of them lack is behind a pointer. */
struct job {
  uint32_t next_changed;
  uint32_t next_held;
  uint32_t handles; /* of Lua; a job that ended is forgotten with the last */
  uint16_t looks;
  uint16_t failures; /* in a row */
  uint8_t doubts;    /* replies in a row that were not believed */
  uint8_t kind;
  uint8_t state;
  uint8_t existence;
  uint8_t billed;
  uint8_t code; /* enum kling_error: why it failed */
  bool in_use : 1;
  bool has_begun : 1; /* it was made, and let live */
  bool is_changed : 1;
  bool is_held : 1;      /* in one of the gate's lists */
  bool is_running : 1;   /* takes one of max_running */
  bool is_parked : 1;    /* another process runs its task; it does nothing */
  bool is_alive : 1;     /* known to run at the service, in its place */
  bool is_asking : 1;    /* waits for a permit */
  bool is_permitted : 1; /* to make one create request */
  bool was_seen : 1;     /* a query has found it */
  bool was_warned : 1;
  bool is_called_back : 1; /* the service is to tell us of changes */
  bool is_hinted : 1;      /* told of a change since its last request began */
  bool owns_status : 1;
  bool is_expected : 1; /* its look is due, and waits for a page of the list */
  bool is_alone : 1;    /* its next look is its own, whatever the list says */
  uint8_t fingerprint[JOB_FINGERPRINT];
  float survived;  /* seconds of age at which it was seen to run */
  double started;  /* clock: submit or attach */
  double accepted; /* clock */
  double born;     /* clock: accepted by the service; <= 0: not known */
  double updated;  /* Unix seconds: as the last reply said */
  double ended;    /* clock; 0: runs */
  char *task_id;   /* both in one piece of memory: see set_ids */
  char *external_task_id;
  const char *status; /* the service's word: static text, or owned */
  char *reply;        /* of a success: JSON, so without a NUL inside */
  struct order *order;
  struct attempts *attempts;
  struct transfer *transfer;
  struct sink *sink;
};

const char *kling_job_state_name(enum job_state state);

static inline bool kling_job_is_end(enum job_state state) {
  return state >= JOB_SUCCEEDED;
}

/* Is the outcome of its create unknown, and the service asked for its task? */
static inline bool kling_job_is_asking(const struct job *job) {
  return job->order && job->order->resolution.ask != ASK_NOTHING;
}

/* Is its next request, or the one under way, the one that costs? */
static inline bool kling_job_is_create(const struct job *job) {
  return job->kind == JOB_TASK && job->state <= JOB_SUBMITTING &&
         !kling_job_is_asking(job);
}

/* Is its next request, or the one under way, a look at its task? */
bool kling_job_is_looked_at(const struct job *job);

/* Let an event happen. False when it changes nothing in this state: an end
 * stays an end, and a stale reply does not turn a task back. */
bool kling_job_apply(struct job *job, enum job_event event);

/* Replace an owned string; false (and unchanged) when out of memory. */
bool kling_job_set_text(char **owned, const char *text);
/* Both anew, one may be NULL; false (and unchanged) when out of memory. */
bool kling_job_set_ids(struct job *job, const char *task_id,
                       const char *external_task_id);
/* What it is to ask with; false when out of memory. */
bool kling_job_set_order(struct job *job, const char *text);
/* Its task is accepted: there is nothing left to ask for. */
void kling_job_drop_order(struct job *job);
/* The text itself if it is static, else a copy. */
void kling_job_set_status(struct job *job, const char *text, bool is_static);

/* Free what it owns, not the job. Its transfer must be gone. */
void kling_job_clear(struct job *job);

#endif
