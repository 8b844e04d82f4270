/* retry.c - when to try again: pure arithmetic. */
#include "retry.h"

static const double BASE = 1.0;
static const double CAP = 30.0;
static const double SMALLEST = 0.1; /* full jitter may say 0: not at once */

static double bound(unsigned failures) {
  double seconds = BASE;
  while (failures > 1 && seconds < CAP) {
    seconds *= 2.0;
    failures--;
  }
  return seconds < CAP ? seconds : CAP;
}

double kling_retry_delay(unsigned failures, double retry_after, double u) {
  double delay = u * bound(failures);
  if (delay < SMALLEST) {
    delay = SMALLEST;
  }
  if (retry_after > (double)KLING_RETRY_AFTER_MAX) {
    retry_after = (double)KLING_RETRY_AFTER_MAX;
  }
  /* on top of what was asked for, a little of ours: everybody was told the
   * same moment */
  return retry_after >= 0.0 ? retry_after + u * 0.5 : delay;
}
