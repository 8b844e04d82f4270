/* handle.h - the "kling.job" userdata: which job of which client. */
#ifndef KLING_HANDLE_H
#define KLING_HANDLE_H

#include <stdint.h>

#include "compat.h"
#include "engine.h"

/* Register the metatable and leave it, filled, in the module's "Job". */
void kling_handle_open(lua_State *L);

/* Push a handle of no job, so that nothing can fail once there is one. `client`
 * is the stack index of its client. */
void kling_handle_push(lua_State *L, int client);
/* Make the handle on top of the stack one of a job whose count of handles
 * already includes it. */
void kling_handle_set(lua_State *L, uint32_t index);

/* The job at `i`, which must belong to the client at index 1; raises. */
uint32_t kling_handle_check(lua_State *L, int i);

#endif
