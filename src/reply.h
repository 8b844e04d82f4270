/* reply.h - what api.h reads out of a reply, as Lua values. */
#ifndef KLING_REPLY_H
#define KLING_REPLY_H

#include "api.h"
#include "compat.h"

/* Push one task as a table; `raw` is what to decode for its "raw" field. */
void kling_reply_push_task(lua_State *L, const struct api_task *task,
                           struct scan_value raw);

/* Push a list of tasks. */
void kling_reply_push_tasks(lua_State *L, struct scan_value items);

/* Add read_reply and read_task to the module on top of the stack. */
void kling_reply_open(lua_State *L);

#endif
