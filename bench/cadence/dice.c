/* dice.c - xorshift64*, after a scramble that tells seeds 1, 2, 3 apart. */
#include "dice.h"

#include <math.h>

static const double TURN = 6.28318530717958647692;

static uint64_t step(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 2685821657736338717ULL;
}

static uint64_t shift;

void dice_reseed(uint64_t run) {
  shift = run * 1000003;
}

struct dice dice_of(uint64_t seed) {
  struct dice d;
  int i;
  d.state = (seed + shift) * 0x9E3779B97F4A7C15ULL + 1;
  for (i = 0; i < 16; i++) {
    step(&d.state);
  }
  return d;
}

double dice_draw(struct dice *d) {
  return (double)(step(&d->state) >> 11) / 9007199254740992.0; /* 2^53 */
}

double dice_normal(struct dice *d) {
  double radius = sqrt(-2.0 * log1p(-dice_draw(d)));
  return radius * cos(TURN * dice_draw(d));
}
