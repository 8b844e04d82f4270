/* dice.h - random numbers that are the same in every run of a seed. */
#ifndef BENCH_DICE_H
#define BENCH_DICE_H

#include <stdint.h>

struct dice {
  uint64_t state;
};

/* From here on every seed means another. */
void dice_reseed(uint64_t run);
struct dice dice_of(uint64_t seed);
double dice_draw(struct dice *d);   /* in [0, 1) */
double dice_normal(struct dice *d); /* mean 0, deviation 1 */

#endif
