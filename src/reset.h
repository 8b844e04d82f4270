/* reset.h - lets the emulator end a connection with a TCP reset. */
#ifndef KLING_RESET_H
#define KLING_RESET_H

#include <lua.h>

/* Add reset_connection to the table on top of the stack. */
void kling_reset_open(lua_State *L);

#endif
