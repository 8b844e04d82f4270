/* client_gateway.h - what Lua reads and tells of a client's gateway. */
#ifndef KLING_CLIENT_GATEWAY_H
#define KLING_CLIENT_GATEWAY_H

#include "compat.h"

/* Add the functions to the table on top of the stack, `raw`. */
void kling_client_gateway_open(lua_State *L);

#endif
