/* client_options.h - what raw.new is told, as the engine takes it. */
#ifndef KLING_CLIENT_OPTIONS_H
#define KLING_CLIENT_OPTIONS_H

#include "compat.h"
#include "engine.h"

/* From the table at index 1, in which all options are. */
void kling_client_read_options(lua_State *L, struct engine_options *o);

#endif
