/* same.h - are two texts of one length the same? Names and ids are short, and
 * compared with each look: a call of memcmp would cost more than the answer. */
#ifndef KLING_SAME_H
#define KLING_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool kling_same_four(const char *a, const char *b) {
  uint32_t x;
  uint32_t y;
  memcpy(&x, a, sizeof(x));
  memcpy(&y, b, sizeof(y));
  return x == y;
}

static inline bool kling_same_eight(const char *a, const char *b) {
  uint64_t x;
  uint64_t y;
  memcpy(&x, a, sizeof(x));
  memcpy(&y, b, sizeof(y));
  return x == y;
}

/* The last four or eight may have been compared in part before. */
static inline bool kling_same(const char *a, const char *b, size_t len) {
  size_t at;
  if (len < 4) {
    return memcmp(a, b, len) == 0;
  }
  if (len < 8) {
    return kling_same_four(a, b) && kling_same_four(a + len - 4, b + len - 4);
  }
  for (at = 0; at + 8 < len; at += 8) {
    if (!kling_same_eight(a + at, b + at)) {
      return false;
    }
  }
  return kling_same_eight(a + len - 8, b + len - 8);
}

#endif
