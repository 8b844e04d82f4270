/* random.h - bytes nobody can guess. */
#ifndef KLING_RANDOM_H
#define KLING_RANDOM_H

#include <stddef.h>

/* Fill `out` from the system's generator. */
void kling_random_bytes(void *out, size_t len);

enum { UUID_SIZE = 37 }; /* with its NUL */

/* A version 4 UUID (RFC 9562). */
void kling_random_uuid(char out[UUID_SIZE]);

#endif
