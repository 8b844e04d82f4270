/* private.h - a file that only its owner may read. */
#ifndef KLING_PRIVATE_H
#define KLING_PRIVATE_H

#include <stdbool.h>

/* Make an empty file unless something of that name is there; that is left as
 * it is, and not opened: closing it would drop the locks that this process
 * holds on it. False: see errno. */
bool kling_private_create(const char *path);

#endif
