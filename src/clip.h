/* clip.h - Lua's view of mp4.c. */
#ifndef KLING_CLIP_H
#define KLING_CLIP_H

#include <lua.h>

/* Add inspect_clip to the table on top of the stack. */
void kling_clip_open(lua_State *L);

#endif
