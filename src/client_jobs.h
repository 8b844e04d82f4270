/* client_jobs.h - what Lua reads of a client's jobs. */
#ifndef KLING_CLIENT_JOBS_H
#define KLING_CLIENT_JOBS_H

#include "compat.h"

/* Add ended, failure, info, progress and take to the table on top of the
 * stack. */
void kling_client_jobs_open(lua_State *L);

#endif
