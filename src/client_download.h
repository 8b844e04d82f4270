/* client_download.h - what Lua asks for when it starts a download. */
#ifndef KLING_CLIENT_DOWNLOAD_H
#define KLING_CLIENT_DOWNLOAD_H

#include "compat.h"
#include "job.h"

/* Fill in a new job from the stack: 2 is the URL, 3 the path, 4 a table with
 * what struct sink_options has, and `format` for its kind. False: the file
 * cannot be opened, and the job knows why. */
bool kling_client_read_download(lua_State *L, struct job *job);
/* Push what raw.take gives of a download. */
void kling_client_push_download(lua_State *L, const struct job *job);
void kling_client_download_open(lua_State *L);

#endif
