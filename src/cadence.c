/* cadence.c - when to look at a task again. */
#include "cadence.h"

static const double GROWTH = 1.25;

static double interval(const struct cadence *c, unsigned looks) {
  double seconds = c->poll_interval;
  while (looks > 1 && seconds < c->max_poll_interval) {
    seconds *= GROWTH;
    looks--;
  }
  return seconds < c->max_poll_interval ? seconds : c->max_poll_interval;
}

double kling_cadence_next(const struct cadence *c, unsigned looks, double u) {
  double seconds = looks == 0 ? c->first_poll : interval(c, looks);
  seconds *= 0.9 + 0.2 * u;
  if (looks > 0 && seconds > c->max_poll_interval) {
    seconds = c->max_poll_interval;
  }
  return seconds;
}
