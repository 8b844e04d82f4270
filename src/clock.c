/* clock.c - what time it is. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"

#include <limits.h>
#include <time.h>

static double read_clock(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double kling_clock_now(void) {
  return read_clock(CLOCK_MONOTONIC);
}

double kling_clock_boot(void) {
#ifdef CLOCK_BOOTTIME
  return read_clock(CLOCK_BOOTTIME);
#else
  return kling_clock_now();
#endif
}

double kling_clock_wall(void) {
  return read_clock(CLOCK_REALTIME);
}

int kling_clock_ms(double seconds) {
  double ms = seconds * 1000.0;
  int whole;
  if (ms <= 0.0) {
    return 0;
  }
  if (ms >= (double)INT_MAX) {
    return INT_MAX;
  }
  whole = (int)ms;
  return (double)whole < ms ? whole + 1 : whole;
}
