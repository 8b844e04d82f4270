/* sha256_blocks.c - SHA-256's arithmetic, in C and in the instructions that x86
 * processors have for it. Which they are is asked at run time: nothing here
 * depends on a compiler's flag. */
#include "sha256_blocks.h"

#include <stdbool.h>
#include <string.h>

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#define HAS_X86 1
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* --- on any processor --- */

static uint32_t rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

static void expand(const unsigned char *block, uint32_t w[64]) {
  int i;
  for (i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

/* The eight words of the state take each other's places in a round; named anew
 * each time, none has to be moved. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                       \
  do {                                                                         \
    uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);                \
    uint32_t t1 = (h) + s1 + ((g) ^ ((e) & ((f) ^ (g)))) + K[i] + w[i];        \
    uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);                \
    (d) += t1;                                                                 \
    (h) = t1 + s0 + (((a) & (b)) | ((c) & ((a) | (b))));                       \
  } while (0)

static void add_block(uint32_t state[8], const unsigned char *block) {
  uint32_t w[64];
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  int i;
  expand(block, w);
  for (i = 0; i < 64; i += 8) {
    ROUND(a, b, c, d, e, f, g, h, i);
    ROUND(h, a, b, c, d, e, f, g, i + 1);
    ROUND(g, h, a, b, c, d, e, f, i + 2);
    ROUND(f, g, h, a, b, c, d, e, i + 3);
    ROUND(e, f, g, h, a, b, c, d, i + 4);
    ROUND(d, e, f, g, h, a, b, c, i + 5);
    ROUND(c, d, e, f, g, h, a, b, i + 6);
    ROUND(b, c, d, e, f, g, h, a, i + 7);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

void kling_sha256_blocks_plain(uint32_t state[8], const unsigned char *blocks,
                               size_t count) {
  for (; count > 0; count--, blocks += 64) {
    add_block(state, blocks);
  }
}

/* --- on x86 --- */

#if HAS_X86

static bool can_x86(void) {
  unsigned a;
  unsigned b;
  unsigned c;
  unsigned d;
  bool has_sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) != 0 &&
                 (c & bit_SSE4_1) != 0;
  return has_sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
         (b & bit_SHA) != 0;
}

#define FOR_X86 __attribute__((target("sha,sse4.1,ssse3")))

/* Four rounds an iteration. The processor wants the state as two halves, a b e
 * f and c d g h, each with its first word on top; w[0] ... w[3] are the sixteen
 * words of the schedule that the next sixteen rounds need. */
FOR_X86 static void rounds_x86(__m128i *abef, __m128i *cdgh,
                               const __m128i w[4]) {
  __m128i w0 = w[0];
  __m128i w1 = w[1];
  __m128i w2 = w[2];
  __m128i w3 = w[3];
  int i;
  for (i = 0; i < 64; i += 4) {
    __m128i sum = _mm_add_epi32(w0, _mm_loadu_si128((const __m128i *)(K + i)));
    __m128i next =
        _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
    w0 = w1;
    w1 = w2;
    w2 = w3;
    w3 = _mm_sha256msg2_epu32(next, w3);
  }
}

FOR_X86 static void blocks_x86(uint32_t state[8], const unsigned char *blocks,
                               size_t count) {
  const __m128i swap =
      _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i *halves = (__m128i *)(void *)state;
  __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(halves), 0xb1);
  __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(halves + 1), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  __m128i feba;
  __m128i dchg;
  for (; count > 0; count--, blocks += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i w[4];
    int i;
    for (i = 0; i < 4; i++) {
      const void *at = blocks + 16 * i;
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(at), swap);
    }
    rounds_x86(&abef, &cdgh, w);
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  feba = _mm_shuffle_epi32(abef, 0x1b);
  dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(halves, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(halves + 1, _mm_alignr_epi8(dchg, feba, 8));
}

#endif

void kling_sha256_blocks(uint32_t state[8], const unsigned char *blocks,
                         size_t count) {
#if HAS_X86
  static int known; /* 0: not asked yet; asking may cost a thousand blocks */
  if (known == 0) {
    known = can_x86() ? 1 : -1;
  }
  if (known > 0) {
    blocks_x86(state, blocks, count);
    return;
  }
#endif
  kling_sha256_blocks_plain(state, blocks, count);
}
