/* info.h - what Lua may know of a job: facts in tables. The sentences are made
 * in lua/kling/failure.lua. */
#ifndef KLING_INFO_H
#define KLING_INFO_H

#include "compat.h"
#include "job.h"

/* Push kling.Info, without eta and failure. */
void kling_info_push(lua_State *L, const struct job *job);

/* Push what is known of the task at the service: a failure's task_state and
 * billed. */
void kling_info_push_known(lua_State *L, const struct job *job);

/* Push the facts of why a job failed, or of what last went wrong while it
 * runs; nil when nothing has. */
void kling_info_push_failure(lua_State *L, const struct job *job);

#endif
