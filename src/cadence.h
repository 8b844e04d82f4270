/* cadence.h - when to look at a task again: learns from ends and survivals how
 * long tasks take, and weighs looks against delay. Pure arithmetic.
 *
 * How long tasks take is kept as a hazard for each bin of age, bins growing
 * with age: ends seen in it over time lived through it. What still runs counts
 * at once as time lived, and the order in which tasks end does not matter: ten
 * thousand begun together would teach a mere histogram of ends that tasks are
 * quick, then that they are slow. Each bin forgets as it is lived through.
 *
 * Several processes may learn for each other. What one has learned is what was
 * told (read or written) last, each bin faded as far as it forgot since then,
 * and its own on top: so what others have told meanwhile can take the place of
 * the former, as if all had been learned one after the other.
 *
 * Only (last look not done, first look done] is known of most ends. An end is
 * spread over it as far as each part is probable by what is known so far. */
#ifndef KLING_CADENCE_H
#define KLING_CADENCE_H

#include <stdbool.h>
#include <stddef.h>

enum {
  CADENCE_BINS = 144,      /* to nearly two days of age */
  CADENCE_END_TELLS = 8,   /* as much as so many looks */
  CADENCE_TEXT_SIZE = 2048 /* fits any kling_cadence_write */
};

struct cadence_options {
  double first_poll;        /* seconds from acceptance to the first look */
  double poll_interval;     /* between looks, at least */
  double max_poll_interval; /* between looks, at most */
  double patience;          /* seconds of delay that one look is worth */
};

struct cadence_told {
  float ends[CADENCE_BINS];
  float lived[CADENCE_BINS];
  unsigned long learned;
};

struct cadence {
  struct cadence_options options;
  float ends[CADENCE_BINS];
  float lived[CADENCE_BINS]; /* in bins: 1 is one task through all of it */
  float prior[CADENCE_BINS]; /* hazard that is believed before any end */
  struct cadence_told told;
  float kept[CADENCE_BINS];     /* the share of what was told that is left */
  unsigned long learned;        /* ends, ever */
  unsigned seen;                /* looks, and ends for more of them, ever */
  unsigned plan_due;            /* when so much was seen */
  float first;                  /* the plan: seconds to the first look ... */
  float gaps[CADENCE_BINS + 1]; /* ... and to the next, at each bin's edge */
};

void kling_cadence_open(struct cadence *c, const struct cadence_options *o);

/* Seconds from now to the next look at a task that was running at `age`; 0 is
 * its acceptance. `u` is a random number in [0, 1): looks vary by 15 %, so
 * that tasks made together are not looked at together.
 *
 * Between looks: at least poll_interval and at most max_poll_interval, which
 * wins where they meet; until an end was seen they grow from the one to the
 * other. The first is first_poll until then, and later from then on where that
 * pays, but at most four times max_poll_interval. */
double kling_cadence_next(struct cadence *c, double age, double u);
/* The longest between looks. */
double kling_cadence_rarest(const struct cadence *c, double u);

/* A task known to run at age `from` still ran at `to`. */
void kling_cadence_survive(struct cadence *c, double from, double to);
/* A task known to run at age `after` has ended, at `by` at the latest. Equal:
 * then. */
void kling_cadence_end(struct cadence *c, double after, double by);

/* The age by which this share of the tasks that run at `age` has ended; < 0:
 * no end was seen yet. */
double kling_cadence_quantile(const struct cadence *c, double age,
                              double share);

/* What was learned, as a line of text. Returns its length. */
size_t kling_cadence_write(const struct cadence *c,
                           char out[CADENCE_TEXT_SIZE]);
/* The others have been told what was just written. */
void kling_cadence_tell(struct cadence *c);
/* Take what others have told in place of what was told last; twice is as good
 * as once. False, and unchanged, for other text. */
bool kling_cadence_read(struct cadence *c, const char *text);

/* --- for cadence_plan.c --- */

/* Ages in bins: edge i is at i. */
double kling_cadence_bin(double age);
double kling_cadence_age(double bin);
/* Hazard in a bin: of one task through all of it. */
double kling_cadence_hazard(const struct cadence *c, int bin);
double kling_cadence_latest_first(const struct cadence_options *o);
void kling_cadence_plan(struct cadence *c);

#endif
