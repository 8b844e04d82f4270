/* client.h - the "kling.client" userdata: the engine as Lua sees it. */
#ifndef KLING_CLIENT_H
#define KLING_CLIENT_H

#include "compat.h"
#include "engine.h"

#include <sys/types.h>

struct client {
  pid_t pid; /* of the process that made it: after a fork it is not ours */
  struct engine engine;
};

/* The client at `i`, open or closed: its jobs can be read after it was closed.
 * Raises when it is none. */
struct client *kling_client_check_any(lua_State *L, int i);

/* The only way to use a client: a closed one, or one of the process that we
 * were forked from, is an error of the caller's program, so it raises. */
struct client *kling_client_check(lua_State *L, int i);

/* Register the metatable; add `Client`, the methods, and `raw`, functions for
 * the Lua layer alone, to the module on top of the stack. */
void kling_client_open(lua_State *L);

#endif
