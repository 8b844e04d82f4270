/* job.c - one job's states, and what each event does to it. */
#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "sink.h"

static const char *const names[JOB_STATE_COUNT] = {
    "queued",    "submitting", "submitted", "processing",
    "succeeded", "failed",     "cancelled"};

enum { SAME = JOB_STATE_COUNT };

/* clang-format off */
static const uint8_t next_state[JOB_STATE_COUNT][EVENT_COUNT] = {
    /*                   SENT            REPULSED    SUBMITTED      PROCESSING      SUCCEEDED      FAILED      CANCELLED */
    [JOB_QUEUED]     = { JOB_SUBMITTING, SAME,       SAME,          SAME,           SAME,          JOB_FAILED, JOB_CANCELLED },
    [JOB_SUBMITTING] = { SAME,           JOB_QUEUED, JOB_SUBMITTED, JOB_PROCESSING, JOB_SUCCEEDED, JOB_FAILED, JOB_CANCELLED },
    [JOB_SUBMITTED]  = { SAME,           SAME,       SAME,          JOB_PROCESSING, JOB_SUCCEEDED, JOB_FAILED, JOB_CANCELLED },
    [JOB_PROCESSING] = { SAME,           SAME,       SAME,          SAME,           JOB_SUCCEEDED, JOB_FAILED, JOB_CANCELLED },
    [JOB_SUCCEEDED]  = { SAME,           SAME,       SAME,          SAME,           SAME,          SAME,       SAME },
    [JOB_FAILED]     = { SAME,           SAME,       SAME,          SAME,           SAME,          SAME,       SAME },
    [JOB_CANCELLED]  = { SAME,           SAME,       SAME,          SAME,           SAME,          SAME,       SAME },
};
/* clang-format on */

const char *kling_job_state_name(enum job_state state) {
  return names[state];
}

bool kling_job_is_looked_at(const struct job *job) {
  return job->in_use && job->kind == JOB_TASK && job->task_id &&
         (job->state == JOB_SUBMITTED || job->state == JOB_PROCESSING) &&
         !job->is_parked && !kling_job_is_asking(job);
}

bool kling_job_apply(struct job *job, enum job_event event) {
  uint8_t next = next_state[job->state][event];
  if (next == SAME) {
    return false;
  }
  job->state = next;
  return true;
}

bool kling_job_set_text(char **owned, const char *text) {
  size_t size = text ? strlen(text) + 1 : 0;
  char *copy = text ? malloc(size) : NULL;
  if (text && !copy) {
    return false;
  }
  if (copy) {
    memcpy(copy, text, size);
  }
  free(*owned);
  *owned = copy;
  return true;
}

static char *memory_of_ids(const struct job *job) {
  return job->external_task_id ? job->external_task_id : job->task_id;
}

bool kling_job_set_ids(struct job *job, const char *task_id,
                       const char *external_task_id) {
  size_t external_size = external_task_id ? strlen(external_task_id) + 1 : 0;
  size_t size = external_size + (task_id ? strlen(task_id) + 1 : 0);
  char *old = memory_of_ids(job);
  char *ids = size > 0 ? malloc(size) : NULL;
  if (!ids) {
    return false;
  }
  if (external_task_id) {
    memcpy(ids, external_task_id, external_size);
  }
  if (task_id) {
    memcpy(ids + external_size, task_id, size - external_size);
  }
  job->external_task_id = external_task_id ? ids : NULL;
  job->task_id = task_id ? ids + external_size : NULL;
  free(old); /* what was given may stand in it */
  return true;
}

bool kling_job_set_order(struct job *job, const char *text) {
  size_t len = strlen(text);
  struct order *order = calloc(1, sizeof(*order) + len + 1);
  if (!order) {
    return false;
  }
  order->len = len;
  memcpy(order->text, text, len + 1);
  job->order = order;
  return true;
}

void kling_job_drop_order(struct job *job) {
  free(job->order);
  job->order = NULL;
}

static void drop_status(struct job *job) {
  if (job->owns_status) {
    free((char *)job->status);
  }
  job->owns_status = false;
}

void kling_job_set_status(struct job *job, const char *text, bool is_static) {
  char *copy = NULL;
  if (!is_static && !kling_job_set_text(&copy, text)) {
    return;
  }
  drop_status(job);
  job->status = is_static ? text : copy;
  job->owns_status = !is_static;
}

void kling_job_clear(struct job *job) {
  free(memory_of_ids(job));
  drop_status(job);
  free(job->reply);
  kling_job_drop_order(job);
  kling_attempt_free(&job->attempts);
  if (job->sink) {
    kling_sink_close(job->sink);
    free(job->sink);
  }
  memset(job, 0, sizeof(*job));
}
