/* hmac.h - HMAC-SHA256 (RFC 2104), and comparing what comes out of it. */
#ifndef KLING_HMAC_H
#define KLING_HMAC_H

#include <stdbool.h>
#include <stddef.h>

#include "sha256.h"

void kling_hmac_sha256(const void *key, size_t key_len, const void *bytes,
                       size_t len, unsigned char out[SHA256_BYTES]);

/* In a time that tells nothing of where two texts of the same length differ.
 */
bool kling_hmac_equal(const char *a, const char *b, size_t len);

#endif
