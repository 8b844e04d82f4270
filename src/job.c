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

bool kling_job_is_end(enum job_state state) {
  return state >= JOB_SUCCEEDED;
}

bool kling_job_is_create(const struct job *job) {
  return job->kind == JOB_TASK && job->state <= JOB_SUBMITTING &&
         job->resolution.ask == ASK_NOTHING;
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

void kling_job_clear(struct job *job) {
  uint32_t generation = job->generation;
  free(job->task_id);
  free(job->external_task_id);
  free(job->body);
  free(job->status);
  free(job->reply);
  kling_attempt_free(&job->attempts);
  if (job->sink) {
    kling_sink_close(job->sink);
    free(job->sink);
  }
  memset(job, 0, sizeof(*job));
  job->generation = generation;
}
