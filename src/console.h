/* console.h - what a command line must know of its console. */
#ifndef KLING_CONSOLE_H
#define KLING_CONSOLE_H

#include <lua.h>

/* Add is_terminal, watch_interrupt and interrupted to the table on top of the
 * stack. */
void kling_console_open(lua_State *L);

#endif
