/* recovery.c - the service becomes twice as slow or fast in the middle. */
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "oracle.h"
#include "tables.h"
#include "watchers.h"

enum {
  TASKS = 4000,
  SHIFT = 2000, /* the first task of the new speed */
  RUNNING = 16,
  RUNS = 200,
  BLOCK = 25,
  BLOCKS = 24, /* that are looked at after the shift */
  GOAL = 200
};

static const double MEDIAN = 90.0;
static const double PATIENCE = 0.3;
static const double RECOVERED = 1.10;
static const struct limits BOUND = {3.0, 15.0, 3.0, 60.0};

typedef struct watcher (*make_watcher)(struct cadence *c);

/* Mean cost of each end seen, in order of ends, over all runs. */
static void measure(double sigma, double factor, make_watcher make,
                    double cost[TASKS]) {
  static struct fate fates[TASKS];
  const struct tally tally = {fates, 0, 0};
  int run, i;
  memset(cost, 0, TASKS * sizeof(*cost));
  for (run = 0; run < RUNS; run++) {
    double *durations =
        crowd_durations(TASKS, MEDIAN, sigma, 1000 + (uint64_t)run);
    struct cadence_options o = watch_options(PATIENCE);
    struct crowd crowd = {0, TASKS, RUNNING};
    struct cadence c;
    struct watcher w = make(&c);
    for (i = SHIFT; i < TASKS; i++) {
      durations[i] *= factor;
    }
    crowd.durations = durations;
    kling_cadence_open(&c, &o);
    crowd_watch(&crowd, &w, 5000 + (uint64_t)run, &tally);
    for (i = 0; i < TASKS; i++) {
      cost[i] += (PATIENCE * fates[i].looks + fates[i].delay) / RUNS;
    }
    free(durations);
  }
}

static double oracle_cost_at(double median, double sigma) {
  struct lifetime l;
  struct oracle o;
  l.median = median;
  l.sigma = sigma;
  oracle_solve(&o, &l, &BOUND, PATIENCE, 0.25);
  oracle_free(&o);
  return oracle_cost(&o);
}

static double mean(const double *values, int count) {
  double sum = 0.0;
  int i;
  for (i = 0; i < count; i++) {
    sum += values[i];
  }
  return sum / count;
}

/* Ends seen after the shift until blocks stay near the oracle's cost. */
static int recovery(const double *cost, double known) {
  int block = BLOCKS;
  while (block > 0 &&
         mean(cost + SHIFT + (block - 1) * BLOCK, BLOCK) <= RECOVERED * known) {
    block--;
  }
  return block * BLOCK;
}

/* Blocks before the shift are measured by the oracle of the speed before. */
static void print_curve(FILE *curves, const double *cost, double before,
                        double known) {
  int block;
  fputs("# ends seen since the shift, cost / oracle's\n", curves);
  for (block = -4; block < BLOCKS; block++) {
    fprintf(curves, "%d %.4f\n", block * BLOCK,
            mean(cost + SHIFT + block * BLOCK, BLOCK) /
                (block < 0 ? before : known));
  }
  fputs("\n\n", curves);
}

static int print_row(FILE *out, FILE *curves, double sigma, double factor) {
  static double cost[TASKS], told[TASKS];
  double before = oracle_cost_at(MEDIAN, sigma);
  double known = oracle_cost_at(MEDIAN * factor, sigma);
  int ends;
  measure(sigma, factor, watch_learning, cost);
  measure(sigma, factor, watch_told, told);
  ends = recovery(cost, known);
  print_curve(curves, cost, before, known);
  fprintf(out, "  %5.2f  x %3.1f  %9.3f  %9.3f  %9.3f  %9.3f  %5d  %-3s  %5d\n",
          sigma, factor, mean(cost + SHIFT - 500, 500) / before,
          mean(cost + SHIFT, BLOCK) / known,
          mean(cost + SHIFT + GOAL, BLOCK) / known,
          mean(cost + TASKS - 1000, 1000) / known, ends,
          ends <= GOAL ? "yes" : "NO", recovery(told, known));
  return ends > GOAL;
}

int table_recovery(FILE *out, FILE *curves) {
  static const double sigmas[] = {0.25, 0.4, 0.8};
  static const double factors[] = {2.0, 0.5};
  int missed = 0;
  int i, k;
  fprintf(out,
          "\nDurations double or halve from the %dth task on, with %d running. "
          "Median %.0f s before, patience %.1f.\nCost (patience x looks + "
          "delay) as a multiple of what the oracle costs at that speed, mean "
          "of %d runs,\nin blocks of %d ends. `recovered`: ends seen since the "
          "shift until all later blocks cost at most\n%.2f x the oracle; goal: "
          "%d. `told`: where the service tells when a task ended.\n\n"
          "  sigma  speed     before  first %d  after %d       late  "
          "recovered  told\n",
          SHIFT, RUNNING, MEDIAN, PATIENCE, RUNS, BLOCK, RECOVERED, GOAL, BLOCK,
          GOAL);
  for (k = 0; k < 2; k++) {
    for (i = 0; i < 3; i++) {
      missed += print_row(out, curves, sigmas[i], factors[k]);
    }
  }
  return missed;
}
