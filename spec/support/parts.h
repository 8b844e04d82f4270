/* parts.h - what parts.c gathers from the file of the parts that have state. */
#ifndef KLING_PARTS_H
#define KLING_PARTS_H

#include "../../src/compat.h"

/* Each adds its functions to the table on top of the stack. */
void kling_parts_open_cadence(lua_State *L);
void kling_parts_open_files(lua_State *L);
void kling_parts_open_objects(lua_State *L);
void kling_parts_open_descriptors(lua_State *L);
void kling_parts_open_limiter(lua_State *L);
void kling_parts_open_engine(lua_State *L);

#endif
