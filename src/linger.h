/* linger.h - lets the emulator end a connection with a TCP reset. */
#ifndef KLING_LINGER_H
#define KLING_LINGER_H

#include <lua.h>

/* Add reset_on_close to the table on top of the stack. */
void kling_linger_open(lua_State *L);

#endif
