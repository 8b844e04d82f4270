/* sha256.c - SHA-256 (FIPS 180-4). */
#include "sha256.h"

#include <string.h>

#include "sha256_blocks.h"

void kling_sha256_start(struct sha256 *h) {
  static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                    0xa54ff53a, 0x510e527f, 0x9b05688c,
                                    0x1f83d9ab, 0x5be0cd19};
  memcpy(h->state, first, sizeof(first));
  h->len = 0;
}

void kling_sha256_add(struct sha256 *h, const void *bytes, size_t len) {
  const unsigned char *at = bytes;
  size_t held = (size_t)(h->len % 64);
  h->len += len;
  if (held > 0) {
    size_t fits = len < 64 - held ? len : 64 - held;
    memcpy(h->block + held, at, fits);
    at += fits;
    len -= fits;
    if (held + fits < 64) {
      return;
    }
    kling_sha256_blocks(h->state, h->block, 1);
  }
  kling_sha256_blocks(h->state, at, len / 64);
  memcpy(h->block, at + len / 64 * 64, len % 64);
}

void kling_sha256_bytes(const struct sha256 *h,
                        unsigned char out[SHA256_BYTES]) {
  static const unsigned char padding[64] = {0x80};
  struct sha256 end = *h;
  size_t held = (size_t)(h->len % 64);
  unsigned char bits[8];
  int i;
  for (i = 0; i < 8; i++) {
    bits[i] = (unsigned char)(h->len * 8 >> (56 - 8 * i));
  }
  kling_sha256_add(&end, padding, held < 56 ? 56 - held : 120 - held);
  kling_sha256_add(&end, bits, 8);
  for (i = 0; i < SHA256_BYTES; i++) {
    out[i] = (unsigned char)(end.state[i / 4] >> (24 - 8 * (i % 4)));
  }
}

void kling_sha256_hex(const struct sha256 *h, char out[SHA256_HEX]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char bytes[SHA256_BYTES];
  int i;
  kling_sha256_bytes(h, bytes);
  for (i = 0; i < SHA256_BYTES; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  out[2 * SHA256_BYTES] = '\0';
}
