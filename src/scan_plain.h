/* scan_plain.h - passes over those characters of a JSON string that are only
 * themselves, eight at a time, or sixteen where the processor can. */
#ifndef KLING_SCAN_PLAIN_H
#define KLING_SCAN_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && defined(__SSE2__)
#include <emmintrin.h>
#define KLING_SCAN_SIXTEEN
#endif

#define KLING_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* The highest bit of each quote, backslash and control among eight characters,
 * exactly so for the first of them: a subtraction borrows from the next ones.
 * With bit 1 turned over the quote is 0x20, and only it and controls are below
 * 0x21. */
static inline uint64_t kling_scan_eight(const char *at) {
  uint64_t block;
  uint64_t quote_or_control;
  uint64_t backslash;
  memcpy(&block, at, sizeof(block));
  quote_or_control = (block ^ KLING_EACH_BYTE(0x02)) - KLING_EACH_BYTE(0x21);
  backslash = (block ^ KLING_EACH_BYTE('\\')) - KLING_EACH_BYTE(0x01);
  return (quote_or_control | backslash) & ~block & KLING_EACH_BYTE(0x80);
}

/* Where the first of those stands; 0 where the order of bytes is not known. */
static inline int kling_scan_first(uint64_t special) {
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return __builtin_ctzll(special) / 8;
#else
  (void)special;
  return 0;
#endif
}

#ifdef KLING_SCAN_SIXTEEN
/* The same among sixteen, a bit each. */
static inline unsigned kling_scan_sixteen(const char *at) {
  __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
  __m128i turned = _mm_xor_si128(block, _mm_set1_epi8(0x02));
  __m128i quote_or_control =
      _mm_cmpeq_epi8(_mm_min_epu8(turned, _mm_set1_epi8(0x20)), turned);
  __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  return (unsigned)_mm_movemask_epi8(_mm_or_si128(quote_or_control, backslash));
}
#endif

/* To the first that is more than itself, or to near it. */
static inline const char *kling_scan_skip_plain(const char *at,
                                                const char *end) {
#ifdef KLING_SCAN_SIXTEEN
  for (; end - at >= 16; at += 16) {
    unsigned special = kling_scan_sixteen(at);
    if (special) {
      return at + __builtin_ctz(special);
    }
  }
#endif
  for (; end - at >= 8; at += 8) {
    uint64_t special = kling_scan_eight(at);
    if (special) {
      return at + kling_scan_first(special);
    }
  }
  return at;
}

/* Are eight characters digits? Each has 3 in its upper half, and six more has
 * it too. */
static inline bool kling_scan_are_digits(const char *at) {
  uint64_t block;
  memcpy(&block, at, sizeof(block));
  return (block & KLING_EACH_BYTE(0xF0)) == KLING_EACH_BYTE(0x30) &&
         ((block + KLING_EACH_BYTE(0x06)) & KLING_EACH_BYTE(0xF0)) ==
             KLING_EACH_BYTE(0x30);
}

#endif
