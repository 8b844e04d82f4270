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

enum job_kind { JOB_TASK, JOB_QUERY, JOB_LIST, JOB_DOWNLOAD };

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

struct job {
  uint32_t generation; /* tells handles of an earlier job in this place */
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
  bool is_hinted : 1;      /* told of a change while a request was under way */
  double started;          /* clock: submit or attach */
  double tried;            /* clock: the first create request; 0: none yet */
  double sent;             /* clock: the last one */
  double accepted;         /* clock */
  double born;             /* clock: accepted by the service; 0: not known */
  double survived;         /* seconds of age at which it was seen to run */
  double updated;          /* Unix seconds: as the last reply said */
  double ended;            /* clock; 0: runs */
  char *task_id;
  char *external_task_id;
  char *body; /* the create's JSON; a list's query; a download's URL */
  char *status;
  char *reply; /* of a success */
  size_t reply_len;
  size_t body_len;
  struct sink *sink;
  struct transfer *transfer;
  struct attempts attempts;
  struct resolution resolution;
};

const char *kling_job_state_name(enum job_state state);
bool kling_job_is_end(enum job_state state);
/* Is its next request, or the one under way, the one that costs? */
bool kling_job_is_create(const struct job *job);

/* Let an event happen. False when it changes nothing in this state: an end
 * stays an end, and a stale reply does not turn a task back. */
bool kling_job_apply(struct job *job, enum job_event event);

/* Replace an owned string; false (and unchanged) when out of memory. */
bool kling_job_set_text(char **owned, const char *text);

/* Free what it owns, not the job. Its transfer must be gone. */
void kling_job_clear(struct job *job);

#endif
