/* scan_plain.h - passes over those characters of a JSON string that are only
 * themselves, eight at a time. */
#ifndef KLING_SCAN_PLAIN_H
#define KLING_SCAN_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KLING_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* The highest bit of each quote, backslash and control among eight characters,
 * exactly so for the first of them: a subtraction borrows from the next ones.
 * With bit 1 turned over the quote is 0x20, and only it and controls are below
 * 0x21. */
static inline uint64_t kling_scan_special_bytes(uint64_t w) {
  uint64_t quote_or_control =
      (w ^ KLING_EACH_BYTE(0x02)) - KLING_EACH_BYTE(0x21);
  uint64_t backslash = (w ^ KLING_EACH_BYTE('\\')) - KLING_EACH_BYTE(0x01);
  return (quote_or_control | backslash) & ~w & KLING_EACH_BYTE(0x80);
}

/* Eight at a time over characters that are only themselves. */
static inline const char *kling_scan_skip_plain(const char *at,
                                                const char *end) {
  ptrdiff_t blocks = (end - at) / (ptrdiff_t)sizeof(uint64_t);
  for (; blocks > 0; blocks--) {
    uint64_t w;
    uint64_t special;
    memcpy(&w, at, sizeof(w));
    special = kling_scan_special_bytes(w);
    if (special) {
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      at += __builtin_ctzll(special) / 8;
#endif
      break;
    }
    at += sizeof(w);
  }
  return at;
}

#endif
