/* hint.c - somebody says that a task may have changed: look at it now. */
#include "hint.h"

#include <string.h>

static bool is_same(const char *ours, const char *named) {
  return ours && named && strcmp(ours, named) == 0;
}

static bool is_running_task(const struct job *job) {
  return job->in_use && job->kind == JOB_TASK && !kling_job_is_end(job->state);
}

/* A create is never brought forward, and neither is a look that waits out
 * trouble: the service may have said for how long. */
static void look_now(struct engine *e, struct job *job) {
  if (job->transfer) {
    job->is_hinted = true; /* its reply may be older than the hint */
  } else if ((job->state >= JOB_SUBMITTED || kling_job_is_asking(job)) &&
             job->failures == 0) {
    job->is_hinted = true; /* and so may a page of the list */
    kling_engine_begin(e, (uint32_t)(job - e->jobs));
  }
}

bool kling_hint_take(struct engine *e, const char *task_id,
                     const char *external_task_id) {
  bool found = false;
  uint32_t i;
  for (i = 0; i < e->count; i++) {
    struct job *job = &e->jobs[i];
    if (is_running_task(job) &&
        (is_same(job->task_id, task_id) ||
         is_same(job->external_task_id, external_task_id))) {
      found = true;
      look_now(e, job);
    }
  }
  return found;
}
