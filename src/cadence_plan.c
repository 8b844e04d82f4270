/* cadence_plan.c - the gaps between looks that cost least: dynamic programming
 * from old age back to acceptance. A look costs `patience`, an end costs the
 * seconds until the look that sees it. */
#include <math.h>

#include "cadence.h"

/* Of each bin's edge, for a task that runs at acceptance. */
struct edges {
  double age[CADENCE_BINS + 1];
  double alive[CADENCE_BINS + 1]; /* share still running */
  double rest[CADENCE_BINS + 1];  /* alive, over all seconds from here on */
  double cost[CADENCE_BINS + 1];  /* from here on, for one still running */
};

static const double STEP = 1.12; /* from one gap that is tried to the next */
static const double SHORTEST = 0.001; /* seconds: not worth planning finer */
static const double NOBODY = 1e-200;  /* still runs: what is divided by */
static const double TINY = 1e-9;

enum {
  RISE = 4,    /* a plan for each quarter more that was seen, ... */
  RARELY = 256 /* and for every so much */
};

/* Not fmin and fmax: those are calls, and heed what is no number. */
static inline double least_of(double a, double b) {
  return a < b ? a : b;
}

static inline double most_of(double a, double b) {
  return a > b ? a : b;
}

static void draw_edges(const struct cadence *c, struct edges *e) {
  double growth = 1.0 + kling_cadence_age(1); /* of 1 + age, in each bin */
  int i;
  e->age[0] = 0.0;
  e->alive[0] = 1.0;
  for (i = 0; i < CADENCE_BINS; i++) {
    e->age[i + 1] = (1.0 + e->age[i]) * growth - 1.0;
    e->alive[i + 1] =
        most_of(e->alive[i] * exp(-kling_cadence_hazard(c, i)), NOBODY);
  }
  e->rest[CADENCE_BINS] = 0.0;
  for (i = CADENCE_BINS - 1; i >= 0; i--) { /* small ones first: exact */
    double seconds = e->age[i + 1] - e->age[i];
    e->rest[i] =
        e->rest[i + 1] + seconds * (e->alive[i] + e->alive[i + 1]) / 2.0;
  }
}

/* From edge i, looking next `gap` later, which is in bin j. In a bin shares and
 * costs are taken to lie on the line between its edges. Where j is i, the cost
 * from there on is in part the one that is sought: solved for. */
static double cost_of(const struct cadence *c, const struct edges *e, int i,
                      double gap, int j) {
  double into = e->age[i] + gap - e->age[j];
  double f = least_of(into / (e->age[j + 1] - e->age[j]), 1.0);
  double alive = e->alive[j] + f * (e->alive[j + 1] - e->alive[j]);
  double rest = e->rest[j] - into * (e->alive[j] + alive) / 2.0;
  double delay = gap - (e->rest[i] - rest) / e->alive[i];
  double goes_on = alive / e->alive[i];
  double cost = c->options.patience + delay + goes_on * f * e->cost[j + 1];
  if (j == i) {
    return cost / most_of(1.0 - goes_on * (1.0 - f), TINY);
  }
  return cost + goes_on * (1.0 - f) * e->cost[j];
}

/* The best gap from edge i, and its cost into e->cost[i]. */
static double best_gap(const struct cadence *c, struct edges *e, int i,
                       double shortest, double longest) {
  double gap = least_of(most_of(shortest, SHORTEST), longest);
  double best = gap;
  double least = INFINITY;
  int j = i;
  for (;;) {
    double cost;
    while (j < CADENCE_BINS - 1 && e->age[i] + gap > e->age[j + 1]) {
      j++;
    }
    cost = cost_of(c, e, i, gap, j);
    if (cost < least) {
      least = cost;
      best = gap;
    }
    if (gap >= longest) {
      break;
    }
    gap = least_of(gap * STEP, longest);
  }
  e->cost[i] = least;
  return best;
}

void kling_cadence_plan(struct cadence *c) {
  const struct cadence_options *o = &c->options;
  double latest = kling_cadence_latest_first(o);
  struct edges e;
  int i;
  draw_edges(c, &e);
  e.cost[CADENCE_BINS] = o->patience;
  c->gaps[CADENCE_BINS] = (float)o->max_poll_interval;
  for (i = CADENCE_BINS - 1; i >= 0; i--) {
    c->gaps[i] =
        (float)best_gap(c, &e, i, o->poll_interval, o->max_poll_interval);
  }
  c->first = (float)(c->learned > 0 ? best_gap(c, &e, 0, o->first_poll, latest)
                                    : o->first_poll);
  c->plan_due = c->seen + 1 +
                (c->seen < RARELY * RISE ? c->seen / RISE : (unsigned)RARELY);
}
