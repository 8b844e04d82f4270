/* client_cadence.h - what Lua asks of a client's cadence. */
#ifndef KLING_CLIENT_CADENCE_H
#define KLING_CLIENT_CADENCE_H

#include "compat.h"

/* Add what a program's durations are learned and told with to the table on top
 * of the stack. */
void kling_client_cadence_open(lua_State *L);

#endif
