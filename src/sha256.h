/* sha256.h - SHA-256 (FIPS 180-4), fed in pieces. Here and not from a library:
 * the core links libcurl and nothing else. */
#ifndef KLING_SHA256_H
#define KLING_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
  uint32_t state[8];
  uint64_t len; /* bytes so far */
  unsigned char block[64];
};

enum { SHA256_BYTES = 32, SHA256_HEX = 65 /* with its NUL */ };

void kling_sha256_start(struct sha256 *h);
void kling_sha256_add(struct sha256 *h, const void *bytes, size_t len);
/* Write the digest so far; `h` may go on after. */
void kling_sha256_bytes(const struct sha256 *h,
                        unsigned char out[SHA256_BYTES]);
/* The same as 64 hexadecimal digits. */
void kling_sha256_hex(const struct sha256 *h, char out[SHA256_HEX]);

#endif
