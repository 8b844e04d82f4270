/* hint.h - somebody says that a task may have changed: look at it now. Not
 * responsible for whether that is true; the look will tell. */
#ifndef KLING_HINT_H
#define KLING_HINT_H

#include <stdbool.h>

#include "engine.h"

/* Look now at every running task with this id or this external id; either may
 * be NULL. False when there is none. */
bool kling_hint_take(struct engine *e, const char *task_id,
                     const char *external_task_id);

#endif
