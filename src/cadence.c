/* cadence.c - when to look at a task again: what is known of durations. */
#include "cadence.h"

#include <math.h>
#include <string.h>

/* Chosen by simulation (bench/cadence). */
static const double BINS_PER_E = 12.0;   /* a bin is 8.7 % of an age */
static const double MEMORY = 70.0;       /* tasks through a bin */
static const double PRIOR_WEIGHT = 0.5;  /* tasks through a bin */
static const double PRIOR_MEDIAN = 60.0; /* seconds */
static const double PRIOR_POWER = 1.8;   /* half in 33 to 110 s */
static const double UNEXPECTED = 0.05;   /* share of an end spread evenly */
static const double SPREAD = 0.15;       /* share by which looks vary */
static const double FIRST = 4.0;         /* times max_poll_interval */
static const double CAUTION = 0.25;      /* of the age, on top of the least */
static const double NO_TIME = 1e-6;      /* bins: then, for all we know */
static const double STEEPEST = 8.0;      /* hazard of a bin: ends at once */

/* Log-logistic. */
static double believed(double age) {
  return log1p(pow(age / PRIOR_MEDIAN, PRIOR_POWER));
}

void kling_cadence_open(struct cadence *c, const struct cadence_options *o) {
  int i;
  memset(c, 0, sizeof(*c));
  c->options = *o;
  for (i = 0; i < CADENCE_BINS; i++) {
    c->prior[i] = (float)(believed(kling_cadence_age(i + 1)) -
                          believed(kling_cadence_age(i)));
    c->kept[i] = 1.0F;
  }
  kling_cadence_plan(c);
}

double kling_cadence_bin(double age) {
  double bin = age > 0.0 ? log1p(age) * BINS_PER_E : 0.0;
  return bin < CADENCE_BINS ? bin : CADENCE_BINS;
}

double kling_cadence_age(double bin) {
  return expm1(bin / BINS_PER_E);
}

/* A bin counts twice, its neighbours once each: what is kept is noisy, and
 * hazards of neighbours are much the same. */
static double smooth(const float values[CADENCE_BINS], int bin) {
  double before = values[bin > 0 ? bin - 1 : bin];
  double after = values[bin < CADENCE_BINS - 1 ? bin + 1 : bin];
  return (before + 2.0 * values[bin] + after) / 4.0;
}

double kling_cadence_hazard(const struct cadence *c, int bin) {
  double ends = smooth(c->ends, bin) + PRIOR_WEIGHT * c->prior[bin];
  double hazard = ends / (smooth(c->lived, bin) + PRIOR_WEIGHT);
  return hazard < STEEPEST ? hazard : STEEPEST;
}

/* --- learning --- */

static void add(struct cadence *c, int bin, double lived, double ends) {
  double weight = lived > ends / 2.0 ? lived : ends / 2.0;
  double kept = 1.0 - weight / MEMORY;
  c->lived[bin] = (float)(c->lived[bin] * kept + lived);
  c->ends[bin] = (float)(c->ends[bin] * kept + ends);
  c->kept[bin] = (float)(c->kept[bin] * kept);
}

/* How much of a bin is between two ages in bins. */
static double overlap(int bin, double from, double to) {
  double low = from > bin ? from : bin;
  double high = to < bin + 1 ? to : bin + 1;
  return high > low ? high - low : 0.0;
}

void kling_cadence_survive(struct cadence *c, double from, double to) {
  double low = kling_cadence_bin(from);
  double high = kling_cadence_bin(to);
  int i;
  for (i = (int)low; i < high; i++) {
    add(c, i, overlap(i, low, high), 0.0);
  }
  c->seen++;
}

/* The share of an end in (low, high] that falls in each bin, by what is known
 * so far (the E-step of an EM algorithm). A part is spread evenly: else what
 * was never seen would never be believed. */
static void spread(const struct cadence *c, double low, double high,
                   double share[CADENCE_BINS]) {
  double alive = 1.0;
  double even = UNEXPECTED / (high - low);
  double sum = 0.0;
  int i;
  for (i = (int)low; i < high; i++) {
    double hazard = kling_cadence_hazard(c, i) * overlap(i, low, high);
    share[i] = alive * -expm1(-hazard); /* exact where it is next to nothing */
    alive -= share[i];
    sum += share[i];
  }
  for (i = (int)low; i < high; i++) {
    share[i] =
        (1.0 - UNEXPECTED) * share[i] / sum + even * overlap(i, low, high);
  }
}

void kling_cadence_end(struct cadence *c, double after, double by) {
  double low = kling_cadence_bin(after);
  double high = kling_cadence_bin(by);
  double share[CADENCE_BINS];
  double later = 0.0;
  int i;
  c->seen += CADENCE_END_TELLS;
  c->learned++;
  if (low >= CADENCE_BINS) {
    return;
  }
  if (high - low < NO_TIME) {
    add(c, (int)low, 0.0, 1.0);
    return;
  }
  spread(c, low, high, share);
  for (i = (int)ceil(high) - 1; i >= (int)low; i--) {
    add(c, i, overlap(i, low, high) * (later + share[i] / 2.0), share[i]);
    later += share[i];
  }
}

/* --- telling --- */

static double between(double low, double high, double u) {
  return low + (high - low) * u;
}

/* Where the bounds meet the upper one wins, and looks still vary. */
static double vary(double seconds, double least, double most, double u) {
  double low = fmax(seconds * (1.0 - SPREAD), least);
  double high = fmin(seconds * (1.0 + SPREAD), most);
  if (low > high * (1.0 - SPREAD / 2.0)) {
    low = high * (1.0 - SPREAD);
  }
  return between(low, high, u);
}

double kling_cadence_rarest(const struct cadence *c, double u) {
  return c->options.max_poll_interval * between(1.0 - SPREAD, 1.0, u);
}

double kling_cadence_latest_first(const struct cadence_options *o) {
  return fmax(o->first_poll, FIRST * o->max_poll_interval);
}

static double next_first(const struct cadence *c, double u) {
  double least = c->options.first_poll;
  double most = kling_cadence_latest_first(&c->options);
  return vary(c->first, least, fmax(most, least * (1.0 + SPREAD)), u);
}

/* While no end was seen the plan rests on a belief only; a client with a single
 * task, which may be a quick one, never knows more. */
static double next_gap(const struct cadence *c, double age) {
  double bin = kling_cadence_bin(age);
  int i = bin < CADENCE_BINS ? (int)bin : CADENCE_BINS - 1;
  double gap = between(c->gaps[i], c->gaps[i + 1], bin - i);
  return c->learned > 0 ? gap
                        : fmin(gap, c->options.poll_interval + age * CAUTION);
}

double kling_cadence_next(struct cadence *c, double age, double u) {
  const struct cadence_options *o = &c->options;
  if (c->seen >= c->plan_due) {
    kling_cadence_plan(c);
  }
  if (age <= 0.0) {
    return next_first(c, u);
  }
  return vary(next_gap(c, age), o->poll_interval, o->max_poll_interval, u);
}

double kling_cadence_quantile(const struct cadence *c, double age,
                              double share) {
  double bin = kling_cadence_bin(age);
  double hazard = -log1p(-share); /* to live through until then */
  int i = (int)bin;
  if (c->learned == 0) {
    return -1.0;
  }
  for (; i < CADENCE_BINS; i++) {
    double in_bin = kling_cadence_hazard(c, i);
    double left = in_bin * (i + 1 - bin);
    if (left >= hazard) {
      return kling_cadence_age(bin + hazard / in_bin);
    }
    hazard -= left;
    bin = i + 1;
  }
  return kling_cadence_age(CADENCE_BINS);
}
