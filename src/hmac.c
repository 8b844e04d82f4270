/* hmac.c - HMAC-SHA256 (RFC 2104). */
#include "hmac.h"

#include <string.h>

enum { BLOCK = 64 }; /* bytes of SHA-256's blocks */

static void start(struct sha256 *h, const unsigned char *key,
                  unsigned char pad) {
  unsigned char block[BLOCK];
  int i;
  for (i = 0; i < BLOCK; i++) {
    block[i] = key[i] ^ pad;
  }
  kling_sha256_start(h);
  kling_sha256_add(h, block, BLOCK);
}

void kling_hmac_sha256(const void *key, size_t key_len, const void *bytes,
                       size_t len, unsigned char out[SHA256_BYTES]) {
  unsigned char padded[BLOCK] = {0};
  struct sha256 h;
  if (key_len > BLOCK) {
    kling_sha256_start(&h);
    kling_sha256_add(&h, key, key_len);
    kling_sha256_bytes(&h, padded);
  } else if (key_len > 0) {
    memcpy(padded, key, key_len);
  }
  start(&h, padded, 0x36);
  kling_sha256_add(&h, bytes, len);
  kling_sha256_bytes(&h, out);
  start(&h, padded, 0x5c);
  kling_sha256_add(&h, out, SHA256_BYTES);
  kling_sha256_bytes(&h, out);
}

bool kling_hmac_equal(const char *a, const char *b, size_t len) {
  volatile unsigned char difference = 0; /* or the compiler leaves the loop */
  size_t i;
  for (i = 0; i < len; i++) {
    difference = (unsigned char)(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}
