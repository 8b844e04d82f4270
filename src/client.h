/* client.h - the "kling.client" userdata: the engine as Lua sees it. */
#ifndef KLING_CLIENT_H
#define KLING_CLIENT_H

#include "compat.h"
#include "engine.h"

struct client {
  struct engine engine;
};

/* Register the metatable; add `Client`, the methods, and `raw`, functions for
 * the Lua layer alone, to the module on top of the stack. */
void kling_client_open(lua_State *L);

#endif
