/* look.h - what the reply to a look at a task means: it goes on, it has ended,
 * or this is not to be believed. Nothing but the service's own word ends a task
 * that exists: all else is ridden out. */
#ifndef KLING_LOOK_H
#define KLING_LOOK_H

#include "engine.h"

/* Look at the task when it is time to. */
void kling_look_plan(struct engine *e, struct job *job);
/* Make the same request again, the later the more often it went wrong. */
void kling_look_later(struct engine *e, struct job *job,
                      const struct transfer *t);
/* A list shows the task: `reply` is the list's, with its task read from `item`.
 * As good as the reply to a look; but false, and nothing has happened, when it
 * is not to be believed, or an end lacks what there is to say about it. */
bool kling_look_see_listed(struct engine *e, struct job *job,
                           const struct transfer *t, struct api_reply *reply,
                           struct scan_value item);
void kling_look_finish(struct engine *e, struct job *job, struct transfer *t);

#endif
