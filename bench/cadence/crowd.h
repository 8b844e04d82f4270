/* crowd.h - many tasks at a service that is not there, and who looks at them.
 * A reply takes no time; a task is begun when the end of one before it was
 * seen. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdint.h>

#include "dice.h"

/* When to look, and what looks teach; `teach_*` may be NULL. */
struct watcher {
  void *self;
  double (*next)(void *self, double age, double u);
  void (*teach_survival)(void *self, double from, double to);
  void (*teach_end)(void *self, double after, double by, double duration);
};

struct crowd {
  const double *durations;
  uint32_t count;
  uint32_t running; /* at once */
};

/* On average, a task. */
struct score {
  double looks;
  double delay; /* seconds from an end to the look that saw it */
};

/* How one task fared; in the order in which ends were seen. */
struct fate {
  float looks;
  float delay;
};

/* `fates` may be NULL; `each_second` too, else it counts the looks of each of
 * the first `seconds`. */
struct tally {
  struct fate *fates;
  uint32_t *each_second;
  uint32_t seconds;
};

struct score crowd_watch(const struct crowd *c, const struct watcher *w,
                         uint64_t seed, const struct tally *tally);

/* Lognormal; the caller frees. */
double *crowd_durations(uint32_t count, double median, double sigma,
                        uint64_t seed);

#endif
