/* cadence.h - when to look at a task again: pure arithmetic. */
#ifndef KLING_CADENCE_H
#define KLING_CADENCE_H

struct cadence {
  double first_poll;        /* seconds from acceptance to the first look */
  double poll_interval;     /* between the first looks */
  double max_poll_interval; /* between looks, at most */
};

/* Seconds from now to the next look at a task looked at `looks` times; `u` is
 * a random number in [0, 1). Intervals grow by a quarter, from poll_interval
 * to max_poll_interval, and vary by a tenth so that tasks made together are
 * not looked at together; never longer than max_poll_interval. */
double kling_cadence_next(const struct cadence *c, unsigned looks, double u);

#endif
