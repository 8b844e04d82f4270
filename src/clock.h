/* clock.h - what time it is. */
#ifndef KLING_CLOCK_H
#define KLING_CLOCK_H

/* Seconds of a clock that never jumps: for measuring. */
double kling_clock_now(void);

/* The same, but it goes on while the machine sleeps, where there is such a
 * clock: for what others believe about us meanwhile. */
double kling_clock_boot(void);

/* Unix seconds: for telling people. */
double kling_clock_wall(void);

/* For poll and its kin. Up, not down: a wait cut to 0 ms makes the caller spin
 * until the timer. */
int kling_clock_ms(double seconds);

/* Of two times for something the earlier; < 0: never. */
static inline double kling_clock_earlier(double a, double b) {
  if (a < 0.0 || b < 0.0) {
    return a < 0.0 ? b : a;
  }
  return a < b ? a : b;
}

#endif
