/* lifespan.h - how long a task has run, as far as we know: what a look at it
 * teaches the cadence, and when it will probably end. */
#ifndef KLING_LIFESPAN_H
#define KLING_LIFESPAN_H

#include "api.h"
#include "engine.h"

/* The service has accepted the task just now. */
void kling_lifespan_begin(struct job *job);
/* A look has found it running, or ended. */
void kling_lifespan_survive(struct engine *e, struct job *job,
                            const struct api_task *task);
void kling_lifespan_end(struct engine *e, struct job *job,
                        const struct api_task *task);

/* Seconds from its acceptance to `now` (clock); from when we knew of it, where
 * that is not known. */
double kling_lifespan_age(const struct job *job, double now);

/* Seconds until this share of tasks like this one has ended; < 0: not known. */
double kling_lifespan_left(const struct engine *e, const struct job *job,
                           double share);

#endif
