/* oracle.h - the schedule of looks that costs least when the distribution of
 * durations is known, by dynamic programming; and the proof that it does. */
#ifndef BENCH_ORACLE_H
#define BENCH_ORACLE_H

#include <stdbool.h>

/* Lognormal with this median; exponential with this mean when sigma is 0. */
struct lifetime {
  double median;
  double sigma;
};

double lifetime_alive(const struct lifetime *l, double age);
double lifetime_mean(const struct lifetime *l);

/* Seconds between looks, and to the first. */
struct limits {
  double least;
  double most;
  double first_least;
  double first_most;
};

enum { ORACLE_LOOKS = 4000 };

struct oracle {
  struct lifetime lifetime;
  double patience;
  double step;  /* seconds between the ages that are considered */
  int count;    /* ages: 0 to (count - 1) * step */
  int *next;    /* age by age: which to look at next; from 0 the first look */
  double looks; /* on average, as computed */
  double delay;
};

/* The looks of a task that does not end; how many. */
int oracle_ages(const struct oracle *o, double ages[ORACLE_LOOKS]);
/* `least` may be 0: then one step. Freed by oracle_free. */
void oracle_solve(struct oracle *o, const struct lifetime *l,
                  const struct limits *limits, double patience, double step);
void oracle_free(struct oracle *o);
double oracle_cost(const struct oracle *o);
/* Seconds from `age`, which is one of its looks, to the next. */
double oracle_next(const struct oracle *o, double age);

/* The same for a patience with which the delay is this. */
void oracle_solve_for_delay(struct oracle *o, const struct lifetime *l,
                            const struct limits *limits, double delay);

/* What looks at these ages cost, from the distribution alone: an independent
 * computation. */
double oracle_cost_of(const struct lifetime *l, double patience,
                      const double *ages, int count);

#endif
