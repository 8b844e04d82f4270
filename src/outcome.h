/* outcome.h - what a finished request means for its job: accepted, try again,
 * look again, ended. Here is decided what is never sent twice. */
#ifndef KLING_OUTCOME_H
#define KLING_OUTCOME_H

#include <stdbool.h>

#include "api.h"
#include "engine.h"

/* `t` has ended; the job no longer refers to it. */
void kling_outcome_finish(struct engine *e, struct job *job,
                          struct transfer *t);
/* The request could not even begin. */
void kling_outcome_no_memory(struct engine *e, struct job *job);
/* Stop local work. False when the job had ended. */
bool kling_outcome_stop(struct engine *e, struct job *job, enum job_event event,
                        enum kling_error code);

/* --- for resolve.c --- */

/* The service has the job's task: this one. False when its id is none that can
 * be asked for, or out of memory. */
bool kling_outcome_accept(struct engine *e, struct job *job,
                          const struct api_task *task);

#endif
