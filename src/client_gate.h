/* client_gate.h - what Lua says to a client's gate. */
#ifndef KLING_CLIENT_GATE_H
#define KLING_CLIENT_GATE_H

#include "compat.h"

/* Add asking, go_on, license, limits, permit, permitted and refuse to the table
 * on top of the stack. */
void kling_client_gate_open(lua_State *L);

#endif
