/* info.h - what Lua may know of a job: facts in tables. The sentences are made
 * in lua/kling/failure.lua. */
#ifndef KLING_INFO_H
#define KLING_INFO_H

#include "compat.h"
#include "engine.h"

enum { INFO_TEXT_SIZE = 512 }; /* more than any id or word of a reply has */

/* A job as it is at one moment. What a job points to, and where it is, may
 * change while Lua allocates: the collector runs the program's finalizers, and
 * those may step the client. */
struct info {
  struct job job; /* its ids and its status are these: */
  char task_id[INFO_TEXT_SIZE];
  char external_task_id[INFO_TEXT_SIZE];
  char status[INFO_TEXT_SIZE];
};

void kling_info_take(struct info *info, const struct job *job);

/* Push kling.Info, without eta and failure. */
void kling_info_push(lua_State *L, const struct info *info);

/* Push what is known of the task at the service: a failure's task_state and
 * billed. */
void kling_info_push_known(lua_State *L, const struct job *job);

/* Push the facts of why a job failed, or of what last went wrong while it
 * runs; nil when nothing has. */
void kling_info_push_failure(lua_State *L, const struct engine *e,
                             uint32_t index);

#endif
