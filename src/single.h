/* single.h - what a finished single request means for its job: a query, a list
 * or a download. Tasks, which live longer, are in outcome.h. */
#ifndef KLING_SINGLE_H
#define KLING_SINGLE_H

#include "engine.h"

void kling_single_finish(struct engine *e, struct job *job, struct transfer *t);

#endif
