/* json.h - lua-cjson as the C core sees it: to and from Lua values, for what
 * is sent and for the few replies that somebody wants whole. */
#ifndef KLING_JSON_H
#define KLING_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "compat.h"

/* Load our own instance. Raises when lua-cjson is missing. */
void kling_json_open(lua_State *L);

/* Push the value at `index` as JSON text; raises when it has none. */
void kling_json_encode(lua_State *L, int index);

/* Push the value of a text that scan.h has found well formed, and that has a
 * byte behind it which is part of no number. An integer of
 * more than 15 digits becomes a string: not every cjson, and not every Lua,
 * has a number that holds it. Pushes nil when cjson disagrees. */
void kling_json_decode(lua_State *L, const char *text, size_t len);

#endif
