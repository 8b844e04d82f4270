/* client_cadence.h - what Lua asks of a client's cadence. */
#ifndef KLING_CLIENT_CADENCE_H
#define KLING_CLIENT_CADENCE_H

#include "compat.h"

/* Add cadence, eta and learn_cadence to the table on top of the stack. */
void kling_client_cadence_open(lua_State *L);

#endif
